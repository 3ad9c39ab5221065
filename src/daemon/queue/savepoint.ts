import type { Connection } from '../store/connection.js';
import { statement } from '../store/statement.js';

/** Runs something of which nothing is left when it throws. Savepoints nest. */
export type Savepoint = <T>(run: () => T) => T;

export function savepoints(db: Connection): Savepoint {
  const begin = statement<[]>(db, 'SAVEPOINT s');
  const release = statement<[]>(db, 'RELEASE s');
  const rollback = statement<[]>(db, 'ROLLBACK TO s');
  return (run) => {
    begin.run();
    try {
      const value = run();
      release.run();
      return value;
    } catch (error) {
      // SQLite has taken back everything already when the disk failed.
      if (db.raw.inTransaction) {
        rollback.run();
        release.run();
      }
      throw error;
    }
  };
}

/** Rows written through this connection so far, also by what was taken back. */
export function rowsWritten(db: Connection): () => number {
  const total = statement<[], { n: number }>(db, 'SELECT total_changes() AS n');
  return () => total.get()?.n ?? 0;
}
