import type { Connection } from './connection.js';
import { statement } from './statement.js';
import type { StoredGroup } from './stored.js';

export const GROUP_SQL = {
  all: 'SELECT name, max_running AS "limit" FROM groups WHERE removed = 0 ORDER BY name',
  find: 'SELECT name, max_running AS "limit" FROM groups WHERE name = ? AND removed = 0',
  put: `
INSERT INTO groups (name, max_running) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET max_running = excluded.max_running, removed = 0`,
  remove: 'UPDATE groups SET removed = 1, max_running = 0 WHERE name = ?',
  counts: `
SELECT group_name AS "group", state, count(*) AS count FROM runs WHERE ended_at IS NULL GROUP BY group_name, state`,
};

export function groups(db: Connection) {
  const all = statement<[], StoredGroup>(db, GROUP_SQL.all);
  const find = statement<[string], StoredGroup>(db, GROUP_SQL.find);
  const put = statement<[string, number]>(db, GROUP_SQL.put);
  const remove = statement<[string]>(db, GROUP_SQL.remove);
  const counts = statement<[], { group: string; state: string; count: number }>(db, GROUP_SQL.counts);

  return {
    all: (): StoredGroup[] => all.all(),
    find: (name: string): StoredGroup | null => find.get(name) ?? null,
    put: (name: string, limit: number) => void put.run(name, limit),
    remove: (name: string) => void remove.run(name),
    /** Unfinished runs by group and state; grows with the queue, not with history. */
    counts: () => counts.all(),
  };
}
