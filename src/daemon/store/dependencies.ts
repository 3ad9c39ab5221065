import type { Dependency, DependencyKind } from '../run/submission.js';
import type { Connection } from './connection.js';
import { statement } from './statement.js';

export const DEPENDENCY_SQL = {
  of: 'SELECT on_run_id AS "on", kind FROM dependencies WHERE run_id = ? ORDER BY on_run_id, kind',
  dependants: 'SELECT run_id AS "on", kind FROM dependencies WHERE on_run_id = ? ORDER BY run_id, kind',
  waitingFor: `
SELECT d.run_id AS id FROM dependencies d JOIN runs r ON r.id = d.run_id
WHERE d.on_run_id = ? AND r.ended_at IS NULL LIMIT 1`,
  // Everything that the runs in ?1 wait for, at any distance, as far as it is not over.
  reaches: `
WITH RECURSIVE upstream (id) AS (
  SELECT value FROM json_each(?)
  UNION
  SELECT d.on_run_id FROM dependencies d JOIN upstream u ON d.run_id = u.id JOIN runs r ON r.id = d.on_run_id
  WHERE r.ended_at IS NULL
)
SELECT id FROM upstream WHERE id = ?`,
  add: 'INSERT OR IGNORE INTO dependencies (run_id, on_run_id, kind) VALUES (?, ?, ?)',
  clear: 'DELETE FROM dependencies WHERE run_id = ?',
  release: 'DELETE FROM dependencies WHERE on_run_id = ?',
};

export function dependencies(db: Connection) {
  const of = statement<[number], { on: number; kind: DependencyKind }>(db, DEPENDENCY_SQL.of);
  const dependants = statement<[number], { on: number; kind: DependencyKind }>(db, DEPENDENCY_SQL.dependants);
  const waitingFor = statement<[number], { id: number }>(db, DEPENDENCY_SQL.waitingFor);
  const reaches = statement<[string, number], { id: number }>(db, DEPENDENCY_SQL.reaches);
  const add = statement<[number, number, string]>(db, DEPENDENCY_SQL.add);
  const clear = statement<[number]>(db, DEPENDENCY_SQL.clear);
  const release = statement<[number]>(db, DEPENDENCY_SQL.release);

  return {
    of: (runId: number): Dependency[] => of.all(runId),
    /** The other way round: `on` is the run that waits. */
    dependants: (runId: number): Dependency[] => dependants.all(runId),
    /** An unfinished run that waits for this one, null when there is none. */
    waitingFor: (runId: number): number | null => waitingFor.get(runId)?.id ?? null,
    /** Whether one of `from` is, or waits for, `to`. */
    reaches: (from: number[], to: number): boolean => reaches.get(JSON.stringify(from), to) !== undefined,
    add: (runId: number, { on, kind }: Dependency) => void add.run(runId, on, kind),
    clear: (runId: number) => void clear.run(runId),
    /** Final runs no longer name this one. */
    release: (runId: number) => void release.run(runId),
  };
}
