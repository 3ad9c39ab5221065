import type { Connection } from './connection.js';
import { statement } from './statement.js';

export const FACT_SQL = {
  find: 'SELECT value FROM facts WHERE name = ?',
  put: 'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
};

/** Small durable facts about the daemon itself. */
export function facts(db: Connection) {
  const find = statement<[string], { value: string }>(db, FACT_SQL.find);
  const put = statement<[string, string]>(db, FACT_SQL.put);
  return {
    find: (name: string): string | null => find.get(name)?.value ?? null,
    put: (name: string, value: string) => void put.run(name, value),
  };
}
