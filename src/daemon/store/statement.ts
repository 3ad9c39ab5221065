import type { Statement as Prepared } from 'better-sqlite3';
import type { Connection } from './connection.js';

/** One named statement of a connection. It is prepared at its first use: a start pays only for what it needs. */
export interface Statement<P extends unknown[], Row> {
  get(...params: P): Row | undefined;
  all(...params: P): Row[];
  /** Number of rows changed. */
  run(...params: P): number;
}

export function statement<P extends unknown[], Row = never>(
  { raw, translate }: Connection,
  sql: string,
): Statement<P, Row> {
  let prepared: Prepared<P, Row> | undefined;
  const use = <T>(run: (statement: Prepared<P, Row>) => T): T => {
    try {
      prepared ??= raw.prepare<P, Row>(sql);
      return run(prepared);
    } catch (error) {
      throw translate(error);
    }
  };
  return {
    get: (...params) => use((ready) => ready.get(...params)),
    all: (...params) => use((ready) => ready.all(...params)),
    run: (...params) => use((ready) => ready.run(...params).changes),
  };
}
