import type { Outcome } from '../run/outcome.js';
import type { Connection } from './connection.js';
import { parseColumn, parseNullable, toJson, unreadable } from './json.js';
import { statement } from './statement.js';
import type { AttemptHandle, Lease, StoredAttempt, Usage } from './stored.js';

interface AttemptRow {
  id: string;
  run_id: number;
  number: number;
  phase: string;
  boot_id: string;
  handle: string;
  lease: string;
  run_dir: string;
  log: string;
  error_log: string | null;
  resumed_from: string | null;
  resumed_step: number | null;
  claimed_at: number;
  started_at: number | null;
  ended_at: number | null;
  outcome: string | null;
  usage: string | null;
}

export const ATTEMPT_SQL = {
  find: 'SELECT * FROM attempts WHERE id = ?',
  ofRun: 'SELECT * FROM attempts WHERE run_id = ? ORDER BY number',
  newestOfRun: 'SELECT * FROM attempts WHERE run_id = ? ORDER BY number DESC LIMIT 1',
  live: `SELECT * FROM attempts WHERE phase <> 'ended' ORDER BY claimed_at, id`,
  resumedBelow: `
SELECT run_id AS id FROM attempts
WHERE resumed_from IS NOT NULL AND resumed_from > ? AND resumed_from < ? AND run_id <> ? LIMIT 1`,
  resumedFrom: 'SELECT run_id AS id FROM attempts WHERE resumed_from = ? AND run_id <> ? LIMIT 1',
  insert: `
INSERT INTO attempts (id, run_id, number, phase, boot_id, lease, run_dir, log, error_log, resumed_from,
  resumed_step, claimed_at)
VALUES (@id, @runId, @number, 'starting', @bootId, @lease, @runDir, @log, @errorLog, @resumedFrom,
  @resumedStep, @claimedAt)`,
  started: `
UPDATE attempts SET phase = 'running', started_at = ?, handle = ? WHERE run_id = ? AND number = ? AND phase = 'starting'`,
  ended: `
UPDATE attempts SET phase = 'ended', ended_at = ?, outcome = ?, usage = ? WHERE run_id = ? AND number = ? AND phase <> 'ended'`,
};

type NewAttempt = Pick<
  StoredAttempt,
  | 'id'
  | 'runId'
  | 'number'
  | 'bootId'
  | 'runDir'
  | 'log'
  | 'errorLog'
  | 'resumedFrom'
  | 'resumedStep'
  | 'claimedAt'
>;

export function attempts(db: Connection) {
  const find = statement<[string], AttemptRow>(db, ATTEMPT_SQL.find);
  const ofRun = statement<[number], AttemptRow>(db, ATTEMPT_SQL.ofRun);
  const newestOfRun = statement<[number], AttemptRow>(db, ATTEMPT_SQL.newestOfRun);
  const live = statement<[], AttemptRow>(db, ATTEMPT_SQL.live);
  const resumedBelow = statement<[string, string, number], { id: number }>(db, ATTEMPT_SQL.resumedBelow);
  const resumedFrom = statement<[string, number], { id: number }>(db, ATTEMPT_SQL.resumedFrom);
  const insert = statement<[NewAttempt & { lease: string }]>(db, ATTEMPT_SQL.insert);
  const started = statement<[number, string, number, number]>(db, ATTEMPT_SQL.started);
  const ended = statement<[number, string, string | null, number, number]>(db, ATTEMPT_SQL.ended);
  const parsed = (row: AttemptRow | undefined): StoredAttempt | null =>
    row === undefined ? null : parseAttempt(row);
  const one = (changes: number, runId: number, number: number): void => {
    if (changes !== 1)
      throw new Error(`attempt ${number} of run ${runId} is not in the phase that it should be in`);
  };

  return {
    find: (id: string) => parsed(find.get(id)),
    ofRun: (runId: number): StoredAttempt[] => ofRun.all(runId).map(parseAttempt),
    newestOfRun: (runId: number) => parsed(newestOfRun.get(runId)),
    /** Attempts that have not ended: what may have processes. */
    live: (): StoredAttempt[] => live.all().map(parseAttempt),
    /** Another run than `runId` that resumed from somewhere below the directory; null when there is none. */
    resumedBelow: (directory: string, runId: number): number | null =>
      // Between `/` and the character after it.
      resumedBelow.get(`${directory}/`, `${directory}0`, runId)?.id ?? null,
    /** Another run than `runId` that resumed from this checkpoint. */
    resumedFrom: (path: string, runId: number): number | null => resumedFrom.get(path, runId)?.id ?? null,
    insert: (attempt: NewAttempt, lease: Lease): void =>
      void insert.run({ ...attempt, lease: JSON.stringify(lease) }),
    started: (runId: number, number: number, at: number, handle: AttemptHandle): void =>
      one(started.run(at, JSON.stringify(handle), runId, number), runId, number),
    ended: (runId: number, number: number, at: number, outcome: Outcome, usage: Usage | null): void =>
      one(ended.run(at, JSON.stringify(outcome), toJson(usage), runId, number), runId, number),
  };
}

function parseAttempt(row: AttemptRow): StoredAttempt {
  const what = `attempt ${row.id}`;
  return {
    id: row.id,
    runId: row.run_id,
    number: row.number,
    phase: parsePhase(row.phase, what),
    bootId: row.boot_id,
    handle: parseColumn(row.handle, what),
    lease: parseColumn(row.lease, what),
    runDir: row.run_dir,
    log: row.log,
    errorLog: row.error_log,
    resumedFrom: row.resumed_from,
    resumedStep: row.resumed_step,
    claimedAt: row.claimed_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    outcome: parseNullable(row.outcome, what),
    usage: parseNullable(row.usage, what),
  };
}

function parsePhase(phase: string, what: string): StoredAttempt['phase'] {
  if (phase === 'starting' || phase === 'running' || phase === 'ended') return phase;
  throw unreadable(`${what} in phase ${phase}`);
}
