import type { Connection } from './connection.js';
import { statement } from './statement.js';

export const REQUEST_SQL = {
  find: 'SELECT result FROM requests WHERE id = ?',
  keep: 'INSERT INTO requests (id, at, result) VALUES (?, ?, ?)',
  forget: 'DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE at < ? ORDER BY at LIMIT ?)',
};

/** Answers that were given, by request id, as JSON. */
export function requests(db: Connection) {
  const find = statement<[string], { result: string }>(db, REQUEST_SQL.find);
  const keep = statement<[string, number, string]>(db, REQUEST_SQL.keep);
  const forget = statement<[number, number]>(db, REQUEST_SQL.forget);

  return {
    find: (id: string): string | null => find.get(id)?.result ?? null,
    keep: (id: string, at: number, result: string) => void keep.run(id, at, result),
    /** Forgets at most `limit` answers that were given before `at`. */
    forget: (at: number, limit: number) => void forget.run(at, limit),
  };
}
