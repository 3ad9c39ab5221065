import {
  type FinalState,
  type HoldReason,
  type LiveAttempt,
  type Phase,
  type ResumeChoice,
  RUN_STATES,
  type Run,
} from '../run/run.js';
import { STOP_REASONS, type StopReason } from '../run/stop.js';
import type { Connection } from './connection.js';
import { parseColumn, parseNullable, toJson, unreadable } from './json.js';
import { statement } from './statement.js';
import type { RunLabels, StoredRun } from './stored.js';

/** A row of `runs`, its tags, and of its live attempt what the state machine needs. */
interface RunRow {
  id: number;
  ulid: string;
  name: string;
  state: string;
  attempt: number;
  failures: number;
  retries: number;
  start_failures: number;
  streak: string | null;
  resume: string;
  not_before: number | null;
  hold: string | null;
  stop: string | null;
  paused: number;
  outcome: string | null;
  priority: number;
  group_name: string;
  begin_at: number | null;
  key: string | null;
  note: string;
  kill_on_failed_dependency: number;
  experiment_id: string;
  project: string;
  checkpoint_place: string | null;
  submitted_at: number;
  started_at: number | null;
  ended_at: number | null;
  run_dir: string | null;
  code_until: number | null;
  sweep_id: number | null;
  job_num: number | null;
  overrides: string | null;
  experiment_chosen: number;
  tags: string;
  live_id: string | null;
  live_claimed_at: number | null;
  live_resumed_from: string | null;
}

const FROM = `
SELECT r.*, (SELECT json_group_array(tag) FROM tags WHERE run_id = r.id) AS tags,
  a.id AS live_id, a.claimed_at AS live_claimed_at, a.resumed_from AS live_resumed_from
FROM runs r LEFT JOIN attempts a ON a.run_id = r.id AND a.phase <> 'ended'`;

export const RUN_SQL = {
  find: `${FROM} WHERE r.id = ?`,
  byKey: 'SELECT id FROM runs WHERE key = ?',
  newest: 'SELECT id FROM runs ORDER BY id DESC LIMIT ?',
  newestNamed: 'SELECT id FROM runs WHERE name = ? ORDER BY id DESC LIMIT ?',
  inState: `${FROM} WHERE r.state = ? ORDER BY r.id`,
  willResume: `SELECT id, resume FROM runs WHERE ended_at IS NULL AND resume <> '{"from":"newest"}'`,
  unfinishedInGroup: 'SELECT id FROM runs WHERE group_name = ? AND ended_at IS NULL LIMIT 1',
  nextId: `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0) + 1 AS id`,
  insert: `
INSERT INTO runs (id, ulid, name, state, retries, hold, priority, group_name, begin_at, key, note,
  kill_on_failed_dependency, experiment_id, experiment_chosen, project, submitted_at, code_until, sweep_id, job_num,
  overrides, checkpoint_place, resume)
VALUES (@id, @ulid, @name, @state, @retries, @hold, @priority, @group, @beginAt, @key, @note,
  @killOnFailedDependency, @experimentId, @experimentChosen, @project, @submittedAt, @codeUntil, @sweepId, @jobNumber,
  @overrides, @checkpointPlace, @resume)`,
  /** Those that have begun, and so write there until they are over. */
  places: `
SELECT id, checkpoint_place AS place FROM runs
WHERE checkpoint_place IS NOT NULL AND ended_at IS NULL AND attempt > 0 ORDER BY id`,
  begun:
    'SELECT id, project, experiment_id AS experimentId FROM runs INDEXED BY runs_unfinished WHERE ended_at IS NULL AND attempt > 0',
  nameExperiment: 'UPDATE runs SET experiment_id = ? WHERE id = ?',
  writing: `
SELECT id FROM runs WHERE experiment_id = ? AND project = ? AND ended_at IS NULL AND id <> ? ORDER BY id LIMIT 1`,
  keptAs: 'SELECT id FROM runs WHERE experiment_id = ? AND project = ? AND id <> ? ORDER BY id DESC LIMIT 1',
  ofSweep: `${FROM} WHERE r.sweep_id = ? ORDER BY r.job_num`,
  job: 'SELECT id FROM runs WHERE sweep_id = ? AND job_num = ?',
  jobs: 'SELECT id FROM runs WHERE sweep_id = ? AND job_num BETWEEN ? AND ? ORDER BY job_num',
  jobsInState: 'SELECT id FROM runs WHERE sweep_id = ? AND state = ? ORDER BY id',
  advance: `
UPDATE runs SET state = @state, attempt = @attempt, failures = @failures, retries = @retries,
  start_failures = @startFailures, streak = @streak, resume = @resume, not_before = @notBefore, hold = @hold,
  stop = @stop, paused = @paused, outcome = @outcome, ended_at = @endedAt
WHERE id = @id AND state = @wasState AND attempt = @wasAttempt`,
  claimed: 'UPDATE runs SET started_at = NULL, run_dir = coalesce(?, run_dir) WHERE id = ?',
  started: 'UPDATE runs SET started_at = ? WHERE id = ?',
  codeKnown: 'UPDATE runs SET code_until = NULL WHERE id = ?',
  relabel: `
UPDATE runs SET name = @name, priority = @priority, group_name = @group, note = @note, retries = @retries,
  begin_at = @beginAt, code_until = @codeUntil WHERE id = @id`,
  remove: 'DELETE FROM runs WHERE id = ?',
  // What a user sets is the user's, also where it was set automatically before.
  tag: 'INSERT INTO tags (tag, run_id) VALUES (?, ?) ON CONFLICT (tag, run_id) DO UPDATE SET automatic = 0',
  untag: 'DELETE FROM tags WHERE tag = ? AND run_id = ?',
  tagAutomatically: 'INSERT OR IGNORE INTO tags (tag, run_id, automatic) VALUES (?, ?, 1)',
  untagAutomatically: 'DELETE FROM tags WHERE run_id = ? AND automatic = 1',
};

type BegunRow = Pick<StoredRun, 'id' | 'project' | 'experimentId'>;

type NewRow = Pick<
  RunLabels,
  | 'name'
  | 'priority'
  | 'group'
  | 'beginAt'
  | 'key'
  | 'note'
  | 'experimentId'
  | 'experimentChosen'
  | 'overrides'
  | 'job'
  | 'project'
  | 'submittedAt'
  | 'codeUntil'
  | 'checkpointPlace'
> & {
  resume: ResumeChoice;
  /** See `nextId`. */
  id: number;
  ulid: string;
  state: 'queued' | 'held';
  retries: number;
  hold: HoldReason | null;
  killOnFailedDependency: boolean;
};

type Labels = Pick<RunLabels, 'name' | 'priority' | 'group' | 'note' | 'beginAt' | 'codeUntil'> & {
  retries: number;
};

/** Runs and their tags. */
export function runs(db: Connection) {
  const find = statement<[number], RunRow>(db, RUN_SQL.find);
  const byKey = statement<[string], { id: number }>(db, RUN_SQL.byKey);
  const newest = statement<[number], { id: number }>(db, RUN_SQL.newest);
  const newestNamed = statement<[string, number], { id: number }>(db, RUN_SQL.newestNamed);
  const inState = statement<[string], RunRow>(db, RUN_SQL.inState);
  const willResume = statement<[], { id: number; resume: string }>(db, RUN_SQL.willResume);
  const unfinished = statement<[string], { id: number }>(db, RUN_SQL.unfinishedInGroup);
  const nextId = statement<[], { id: number }>(db, RUN_SQL.nextId);
  const insert = statement<[ReturnType<typeof newColumns>]>(db, RUN_SQL.insert);
  const nameExperiment = statement<[string, number]>(db, RUN_SQL.nameExperiment);
  const writing = statement<[string, string, number], { id: number }>(db, RUN_SQL.writing);
  const keptAs = statement<[string, string, number], { id: number }>(db, RUN_SQL.keptAs);
  const ofSweep = statement<[number], RunRow>(db, RUN_SQL.ofSweep);
  const job = statement<[number, number], { id: number }>(db, RUN_SQL.job);
  const jobs = statement<[number, number, number], { id: number }>(db, RUN_SQL.jobs);
  const jobsInState = statement<[number, string], { id: number }>(db, RUN_SQL.jobsInState);
  const advance = statement<[ReturnType<typeof columns> & { wasState: string; wasAttempt: number }]>(
    db,
    RUN_SQL.advance,
  );
  const claimed = statement<[string | null, number]>(db, RUN_SQL.claimed);
  const started = statement<[number, number]>(db, RUN_SQL.started);
  const codeKnown = statement<[number]>(db, RUN_SQL.codeKnown);
  const relabel = statement<[Labels & { id: number }]>(db, RUN_SQL.relabel);
  const remove = statement<[number]>(db, RUN_SQL.remove);
  const tag = statement<[string, number]>(db, RUN_SQL.tag);
  const untag = statement<[string, number]>(db, RUN_SQL.untag);
  const tagAutomatically = statement<[string, number]>(db, RUN_SQL.tagAutomatically);
  const untagAutomatically = statement<[number]>(db, RUN_SQL.untagAutomatically);
  const places = statement<[], { id: number; place: string }>(db, RUN_SQL.places);
  const begun = statement<[], BegunRow>(db, RUN_SQL.begun);
  const parsed = (row: RunRow | undefined): StoredRun | null => (row === undefined ? null : parseRun(row));

  return {
    find: (id: number) => parsed(find.get(id)),
    idByKey: (key: string): number | null => byKey.get(key)?.id ?? null,
    /** Ids, the newest first. */
    newest: (count: number): number[] => newest.all(count).map(({ id }) => id),
    newestNamed: (name: string, count: number): number[] => newestNamed.all(name, count).map(({ id }) => id),
    /** All runs of a state that is not final, the oldest first. */
    inState: (state: Exclude<Run['state'], FinalState>): StoredRun[] => inState.all(state).map(parseRun),
    /** Unfinished runs of which the next attempt may start from a checkpoint that somebody chose. */
    willResume: (): { id: number; from: string }[] =>
      willResume.all().flatMap(({ id, resume }) => {
        const choice = parseColumn<ResumeChoice>(resume, `run ${id}`);
        const from =
          choice.from === 'chosen' ? choice.what : choice.from === 'newest' ? choice.base : undefined;
        return from === undefined ? [] : [{ id, from }];
      }),
    unfinishedInGroup: (group: string): number | null => unfinished.get(group)?.id ?? null,
    /** What the next run is called; never given twice, also after the newest was removed. */
    nextId: (): number => nextId.get()?.id ?? 1,
    insert: (row: NewRow): void => void insert.run(newColumns(row)),
    nameExperiment: (id: number, name: string) => void nameExperiment.run(name, id),
    /** An unfinished run but `butId` that writes, or is to write, the curves of an experiment. */
    writing: (project: string, experimentId: string, butId = 0): number | null =>
      writing.get(experimentId, project, butId)?.id ?? null,
    /** The newest run but `butId` whose curves are kept under that name. */
    keptAs: (project: string, experimentId: string, butId: number): number | null =>
      keptAs.get(experimentId, project, butId)?.id ?? null,
    /** By number. */
    ofSweep: (sweepId: number): StoredRun[] => ofSweep.all(sweepId).map(parseRun),
    job: (sweepId: number, number: number): number | null => job.get(sweepId, number)?.id ?? null,
    jobs: (sweepId: number, from: number, to: number): number[] =>
      jobs.all(sweepId, from, to).map(({ id }) => id),
    jobsInState: (sweepId: number, state: Run['state']): number[] =>
      jobsInState.all(sweepId, state).map(({ id }) => id),
    /** Compare and set: throws when the row is no longer what `before` says. */
    advance(before: Run, after: Run): void {
      const changes = advance.run({ ...columns(after), wasState: before.state, wasAttempt: before.attempt });
      if (changes !== 1)
        throw new Error(`run ${before.id} was no longer ${before.state} in attempt ${before.attempt}`);
    },
    /** A new attempt: its start is still to come. */
    claimed: (id: number, runDir: string | null) => void claimed.run(runDir, id),
    started: (id: number, at: number) => void started.run(at, id),
    /** Whether there is such a run. */
    codeKnown: (id: number): boolean => codeKnown.run(id) === 1,
    relabel: (id: number, labels: Labels) => void relabel.run({ ...labels, id }),
    remove: (id: number) => void remove.run(id),
    tag: (id: number, name: string) => void tag.run(name, id),
    untag: (id: number, name: string) => void untag.run(name, id),
    /** In place of those that were set automatically before. What a user set is left. */
    tagAutomatically(id: number, names: readonly string[]): void {
      untagAutomatically.run(id);
      for (const name of names) tagAutomatically.run(name, id);
    },
    /** Directories that unfinished runs which have begun write their checkpoints to. */
    /** Those that are not over and have had an attempt. */
    begun: (): BegunRow[] => begun.all(),
    places: (): { id: number; place: string }[] => places.all(),
  };
}

const newColumns = ({ hold, killOnFailedDependency, experimentChosen, overrides, job, ...row }: NewRow) => ({
  ...row,
  resume: JSON.stringify(row.resume),
  hold: toJson(hold),
  killOnFailedDependency: killOnFailedDependency ? 1 : 0,
  experimentChosen: experimentChosen ? 1 : 0,
  overrides: overrides.length === 0 ? null : JSON.stringify(overrides),
  sweepId: job?.sweep ?? null,
  jobNumber: job?.number ?? null,
});

/** The state machine's part of a run, as columns: every one of them, so that none keeps an old value. */
function columns(run: Run) {
  return {
    id: run.id,
    state: run.state,
    attempt: run.attempt,
    failures: run.failures,
    retries: run.retries,
    startFailures: run.startFailures,
    streak: toJson(run.streak),
    resume: JSON.stringify(run.resume),
    notBefore: run.state === 'queued' ? run.notBefore : null,
    hold: run.state === 'held' ? toJson(run.why) : null,
    stop: run.state === 'stopping' ? run.stop : null,
    paused: run.state === 'running' && run.paused ? 1 : 0,
    outcome: 'outcome' in run ? toJson(run.outcome) : null,
    endedAt: 'endedAt' in run ? run.endedAt : null,
  };
}

export function parseRun(row: RunRow): StoredRun {
  const what = `run ${row.id}`;
  return {
    id: row.id,
    ulid: row.ulid,
    attempt: row.attempt,
    failures: row.failures,
    retries: row.retries,
    startFailures: row.start_failures,
    streak: parseNullable(row.streak, what),
    resume: parseColumn(row.resume, what),
    ...parsePhase(row, what),
    name: row.name,
    priority: row.priority,
    group: row.group_name,
    tags: row.tags === '[]' ? [] : parseColumn(row.tags, what),
    note: row.note,
    key: row.key,
    beginAt: row.begin_at,
    killOnFailedDependency: row.kill_on_failed_dependency === 1,
    experimentId: row.experiment_id,
    experimentChosen: row.experiment_chosen === 1,
    overrides: row.overrides === null ? [] : parseColumn(row.overrides, what),
    job: row.sweep_id === null || row.job_num === null ? null : { sweep: row.sweep_id, number: row.job_num },
    project: row.project,
    checkpointPlace: row.checkpoint_place,
    submittedAt: row.submitted_at,
    startedAt: row.started_at,
    runDir: row.run_dir,
    codeUntil: row.code_until,
  };
}

function parsePhase(row: RunRow, what: string): Phase {
  const state = RUN_STATES.find((known) => known === row.state);
  switch (state) {
    case 'queued':
      return { state, notBefore: row.not_before };
    case 'held':
      return { state, why: parseColumn(row.hold ?? '', what) };
    case 'starting':
      return { state, live: parseLive(row, what) };
    case 'running':
      return { state, live: parseLive(row, what), paused: row.paused === 1 };
    case 'stopping':
      return { state, live: parseLive(row, what), stop: parseStop(row.stop, what) };
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      if (row.ended_at === null) throw unreadable(`${what} is ${state} without an end`);
      return { state, outcome: parseNullable(row.outcome, what), endedAt: row.ended_at };
    case undefined:
      throw unreadable(`${what} in state ${row.state}`);
  }
  state satisfies never;
}

function parseLive(row: RunRow, what: string): LiveAttempt {
  if (row.live_id === null || row.live_claimed_at === null)
    throw unreadable(`${what} is ${row.state} without an attempt`);
  return { attemptId: row.live_id, claimedAt: row.live_claimed_at, resumedFrom: row.live_resumed_from };
}

function parseStop(stop: string | null, what: string): StopReason {
  const known = STOP_REASONS.find((reason) => reason === stop);
  if (known === undefined) throw unreadable(`${what} is stopping for ${stop}`);
  return known;
}
