import { RUN_STATES, type RunState } from '../run/run.js';
import type { Sweep } from '../run/sweep.js';
import type { Connection } from './connection.js';
import { unreadable } from './json.js';
import { statement } from './statement.js';
import type { StateCounts } from './stored.js';

interface SweepRow {
  id: number;
  ulid: string;
  name: string;
  key: string | null;
  project: string;
  experiment_id: string;
  experiment_chosen: number;
  submitted_at: number;
  made: number;
  first_run_id: number;
  max_parallel: number;
  hold_after_failures: number;
  failures: number;
  axes: string;
  multirun_sha: string | null;
  own_dir: string | null;
  dir: string | null;
  ended_at: number | null;
}

const COLUMNS = `id, ulid, name, key, project, experiment_id, experiment_chosen, submitted_at, made, first_run_id,
  max_parallel, hold_after_failures, failures, axes, multirun_sha, own_dir, dir, ended_at`;

export const SWEEP_SQL = {
  find: `SELECT ${COLUMNS} FROM sweeps WHERE id = ?`,
  byKey: 'SELECT id FROM sweeps WHERE key = ?',
  keyed: 'SELECT keyed FROM sweeps WHERE id = ?',
  nextId: `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'sweeps'), 0) + 1 AS id`,
  insert: `
INSERT INTO sweeps (id, ulid, name, key, keyed, project, experiment_id, experiment_chosen, submitted_at, made,
  first_run_id, max_parallel, hold_after_failures, axes, multirun_sha, own_dir)
VALUES (@id, @ulid, @name, @key, @keyed, @project, @experimentId, @experimentChosen, @submittedAt, @made,
  @firstRunId, @maxParallel, @holdAfterFailures, @axes, @multirunSha, @ownDir)`,
  grow: 'UPDATE sweeps SET made = ?, ended_at = NULL WHERE id = ?',
  place: 'UPDATE sweeps SET dir = ? WHERE id = ?',
  edit: 'UPDATE sweeps SET name = ?, max_parallel = ?, hold_after_failures = ? WHERE id = ?',
  countFailures: 'UPDATE sweeps SET failures = ? WHERE id = ?',
  end: 'UPDATE sweeps SET ended_at = ? WHERE id = ?',
  remove: 'DELETE FROM sweeps WHERE id = ?',
  counts: 'SELECT state, count(*) AS count FROM runs WHERE sweep_id = ? GROUP BY state',
  anyJob: 'SELECT 1 AS there FROM runs WHERE sweep_id = ? LIMIT 1',
  openJob: `
SELECT 1 AS there FROM runs
WHERE sweep_id = ? AND state IN ('queued','held','starting','running','stopping') LIMIT 1`,
  oldestOpen: 'SELECT id FROM sweeps WHERE ended_at IS NULL ORDER BY id LIMIT ?',
  countOpen: 'SELECT count(*) AS count FROM sweeps WHERE ended_at IS NULL',
  newlyEnded: 'SELECT id FROM sweeps WHERE ended_at >= ? ORDER BY ended_at DESC LIMIT ?',
  countEnded: 'SELECT count(*) AS count FROM (SELECT 1 FROM sweeps WHERE ended_at >= ? LIMIT ?)',
  placed: `
SELECT id, first_run_id FROM sweeps WHERE first_run_id < ? AND first_run_id >= ? ORDER BY first_run_id DESC LIMIT ?`,
  multiruns: `
WITH RECURSIVE seen (sha) AS (
  SELECT min(multirun_sha) FROM sweeps WHERE multirun_sha IS NOT NULL
  UNION ALL
  SELECT (SELECT min(multirun_sha) FROM sweeps WHERE multirun_sha > sha AND multirun_sha IS NOT NULL) FROM seen
  WHERE sha IS NOT NULL
)
SELECT sha FROM seen WHERE sha IS NOT NULL`,
};

export type NewSweepRow = Omit<Sweep, 'failures' | 'dir' | 'endedAt'> & { keyed: string | null };

/** Sweeps and what an index knows of their jobs. */
export function sweeps(db: Connection) {
  const find = statement<[number], SweepRow>(db, SWEEP_SQL.find);
  const byKey = statement<[string], { id: number }>(db, SWEEP_SQL.byKey);
  const keyed = statement<[number], { keyed: string | null }>(db, SWEEP_SQL.keyed);
  const nextId = statement<[], { id: number }>(db, SWEEP_SQL.nextId);
  const insert = statement<[Omit<NewSweepRow, 'experimentChosen'> & { experimentChosen: 0 | 1 }]>(
    db,
    SWEEP_SQL.insert,
  );
  const grow = statement<[number, number]>(db, SWEEP_SQL.grow);
  const place = statement<[string, number]>(db, SWEEP_SQL.place);
  const edit = statement<[string, number, number, number]>(db, SWEEP_SQL.edit);
  const countFailures = statement<[number, number]>(db, SWEEP_SQL.countFailures);
  const end = statement<[number | null, number]>(db, SWEEP_SQL.end);
  const remove = statement<[number]>(db, SWEEP_SQL.remove);
  const counts = statement<[number], { state: string; count: number }>(db, SWEEP_SQL.counts);
  const anyJob = statement<[number], { there: number }>(db, SWEEP_SQL.anyJob);
  const openJob = statement<[number], { there: number }>(db, SWEEP_SQL.openJob);
  const oldestOpen = statement<[number], { id: number }>(db, SWEEP_SQL.oldestOpen);
  const countOpen = statement<[], { count: number }>(db, SWEEP_SQL.countOpen);
  const newlyEnded = statement<[number, number], { id: number }>(db, SWEEP_SQL.newlyEnded);
  const countEnded = statement<[number, number], { count: number }>(db, SWEEP_SQL.countEnded);
  const placed = statement<[number, number, number], { id: number; first_run_id: number }>(
    db,
    SWEEP_SQL.placed,
  );
  const multiruns = statement<[], { sha: string }>(db, SWEEP_SQL.multiruns);
  const ids = (rows: { id: number }[]): number[] => rows.map(({ id }) => id);

  return {
    find(id: number): Sweep | null {
      const row = find.get(id);
      return row === undefined ? null : parseSweep(row);
    },
    idByKey: (key: string): number | null => byKey.get(key)?.id ?? null,
    keyed: (id: number): string | null => keyed.get(id)?.keyed ?? null,
    nextId: (): number => nextId.get()?.id ?? 1,
    insert: (row: NewSweepRow): void =>
      void insert.run({ ...row, experimentChosen: row.experimentChosen ? 1 : 0 }),
    /** It has jobs again that are not over. */
    grow: (id: number, made: number): void => void grow.run(made, id),
    place: (id: number, dir: string): void => void place.run(dir, id),
    edit: (
      id: number,
      { name, maxParallel, holdAfterFailures }: Pick<Sweep, 'name' | 'maxParallel' | 'holdAfterFailures'>,
    ) => void edit.run(name, maxParallel, holdAfterFailures, id),
    countFailures: (id: number, failures: number): void => void countFailures.run(failures, id),
    end: (id: number, at: number | null): void => void end.run(at, id),
    remove: (id: number): void => void remove.run(id),
    /** Grows with the sweep, never with history. */
    counts: (id: number): StateCounts =>
      counts.all(id).map(({ state, count }) => ({ state: stateOf(state, id), count })),
    hasJobs: (id: number): boolean => anyJob.get(id) !== undefined,
    hasOpenJobs: (id: number): boolean => openJob.get(id) !== undefined,
    /** Those with a job that is not final; their turn comes in this order. */
    oldestOpen: (count: number): number[] => ids(oldestOpen.all(count)),
    countOpen: (): number => countOpen.get()?.count ?? 0,
    newlyEnded: (since: number, count: number): number[] => ids(newlyEnded.all(since, count)),
    /** No further than `limit`. */
    countEnded: (since: number, limit: number): number => countEnded.get(since, limit)?.count ?? 0,
    /** By their place among the runs, the newest first. */
    placed: (before: number, floor: number, count: number): { id: number; place: number }[] =>
      placed.all(before, floor, count).map((row) => ({ id: row.id, place: row.first_run_id })),
    /** sha256 of every multirun.yaml that some sweep refers to. */
    multiruns: (): string[] => multiruns.all().map(({ sha }) => sha),
  };
}

const parseSweep = (row: SweepRow): Sweep => ({
  id: row.id,
  ulid: row.ulid,
  name: row.name,
  key: row.key,
  project: row.project,
  experimentId: row.experiment_id,
  experimentChosen: row.experiment_chosen === 1,
  submittedAt: row.submitted_at,
  made: row.made,
  firstRunId: row.first_run_id,
  maxParallel: row.max_parallel,
  holdAfterFailures: row.hold_after_failures,
  failures: row.failures,
  axes: row.axes,
  multirunSha: row.multirun_sha,
  ownDir: row.own_dir,
  dir: row.dir,
  endedAt: row.ended_at,
});

function stateOf(state: string, sweepId: number): RunState {
  const known = RUN_STATES.find((one) => one === state);
  if (known === undefined) throw unreadable(`a job of sweep s${sweepId} in state ${state}`);
  return known;
}
