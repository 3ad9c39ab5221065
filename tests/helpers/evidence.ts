import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Outcome } from '../../src/daemon/run/outcome.js';

/** Everything that the invariants are judged by, read from outside: no code of the daemon is asked. */
export interface Evidence {
  runs: EvidentRun[];
  attempts: EvidentAttempt[];
  /** Answers of integrity_check and foreign_key_check but `ok`. */
  damage: string[];
  /** How many attempts were claimed and not ended, at most at a time, by the events. */
  mostAtATime: number;
  /** By attempt id, from the probes: how often it was executed, and what it was about to end with. */
  executions: Map<string, { times: number; runId: number }>;
  endings: Map<string, string>;
  /** What probes saw of a second living attempt of their run. */
  overlaps: string[];
  /** Living processes: attempt id → run id. */
  processes: Map<string, string>;
  /** Temporary files, and attempt directories that nobody needs. */
  leftovers: string[];
}

export interface EvidentRun {
  id: number;
  state: string;
  key: string | null;
  name: string;
  outcome: Outcome | null;
  /** null: the stored bytes are not what their sha256 says. */
  submission: { argv: string[]; cwd: string; envSha: string } | null;
}

export interface EvidentAttempt {
  id: string;
  runId: number;
  number: number;
  phase: string;
  slots: number;
  outcome: Outcome | null;
  /** null: there is no such file. */
  log: string | null;
}

export function readEvidence(state: string, effects: string): Evidence {
  const db = new Database(join(state, 'expd.db'), { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    const attempts = readAttempts(db);
    return {
      runs: readRuns(db),
      attempts,
      damage: readDamage(db),
      mostAtATime: readMostAtATime(db),
      ...readEffects(effects),
      processes: attemptProcesses(new Set([...attempts.map(({ id }) => id), ...readdirSync(effects)])),
      leftovers: readLeftovers(state, db),
    };
  } finally {
    db.close();
  }
}

interface RunRow {
  id: number;
  state: string;
  key: string | null;
  name: string;
  outcome: string | null;
  spec: string | null;
  sha256: string | null;
}

function readRuns(db: Database.Database): EvidentRun[] {
  const sql = `SELECT r.id, r.state, r.key, r.name, r.outcome, s.spec, s.sha256
    FROM runs r LEFT JOIN submissions s ON s.run_id = r.id`;
  return db
    .prepare<[], RunRow>(sql)
    .all()
    .map(({ spec, sha256, outcome, ...run }) => ({
      ...run,
      outcome: outcome === null ? null : JSON.parse(outcome),
      submission:
        spec !== null && createHash('sha256').update(spec).digest('hex') === sha256 ? JSON.parse(spec) : null,
    }));
}

interface AttemptRow {
  id: string;
  run_id: number;
  number: number;
  phase: string;
  lease: string;
  outcome: string | null;
  log: string;
}

const readAttempts = (db: Database.Database): EvidentAttempt[] =>
  db
    .prepare<[], AttemptRow>('SELECT id, run_id, number, phase, lease, outcome, log FROM attempts')
    .all()
    .map((row) => ({
      id: row.id,
      runId: row.run_id,
      number: row.number,
      phase: row.phase,
      slots: JSON.parse(row.lease).slots,
      outcome: row.outcome === null ? null : JSON.parse(row.outcome),
      log: row.log !== '' && existsSync(row.log) ? readFileSync(row.log, 'utf8') : null,
    }));

function readDamage(db: Database.Database): string[] {
  try {
    const integrity = db.prepare<[], { integrity_check: string }>('PRAGMA integrity_check').all();
    const foreign = db.prepare('PRAGMA foreign_key_check').all();
    return [
      ...integrity.map((row) => row.integrity_check).filter((line) => line !== 'ok'),
      ...foreign.map((row) => `foreign key: ${JSON.stringify(row)}`),
    ];
  } catch (error) {
    if (error instanceof Database.SqliteError) return [error.message];
    throw error;
  }
}

function readMostAtATime(db: Database.Database): number {
  const sql = `SELECT kind FROM run_events WHERE kind IN ('claimed', 'ended') ORDER BY seq`;
  let now = 0;
  let most = 0;
  for (const { kind } of db.prepare<[], { kind: string }>(sql).all()) {
    now += kind === 'claimed' ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

function readEffects(effects: string): Pick<Evidence, 'executions' | 'endings' | 'overlaps'> {
  const executions: Evidence['executions'] = new Map();
  const endings = new Map<string, string>();
  let overlaps: string[] = [];
  for (const name of readdirSync(effects)) {
    const lines = readFileSync(join(effects, name), 'utf8').split('\n').filter(Boolean);
    if (name === 'overlap') overlaps = lines;
    else if (name.endsWith('.end')) endings.set(name.slice(0, -'.end'.length), lines[0] ?? '');
    else if (!name.startsWith('run-'))
      executions.set(name, { times: lines.length, runId: Number(lines[0]?.split(' ')[1]) });
  }
  return { executions, endings, overlaps };
}

/** Living processes of these attempts, by their environment. */
function attemptProcesses(attemptIds: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const environment = environmentOf(pid);
    const id = environment.get('EXPD_ATTEMPT_ID');
    if (id !== undefined && attemptIds.has(id)) found.set(id, environment.get('EXPD_RUN_ID') ?? '?');
  }
  return found;
}

/** Empty for zombies and for what has just gone. */
function environmentOf(pid: string): Map<string, string> {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return new Map(entries.map((entry) => [entry.split('=', 1)[0]!, entry.slice(entry.indexOf('=') + 1)]));
  } catch {
    return new Map();
  }
}

const TEMPORARY = /\.tmp$|\.part$|^\..*\.new$|\.new$/;

function readLeftovers(state: string, db: Database.Database): string[] {
  const live = new Set(
    db
      .prepare<[], { id: string }>(`SELECT id FROM attempts WHERE phase <> 'ended'`)
      .all()
      .map(({ id }) => id),
  );
  const attempts = join(state, 'attempts');
  const dirs = existsSync(attempts) ? readdirSync(attempts) : [];
  const runDirs = db
    .prepare<[], { run_dir: string }>(`SELECT DISTINCT run_dir FROM attempts WHERE run_dir <> ''`)
    .all()
    .map(({ run_dir }) => run_dir);
  return [
    ...dirs.filter((id) => !live.has(id)).map((id) => `attempts/${id}`),
    ...[state, ...runDirs].flatMap(temporaries),
  ];
}

const temporaries = (directory: string): string[] =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, encoding: 'utf8' })
        .filter((path) => TEMPORARY.test(path.slice(path.lastIndexOf('/') + 1)))
        .map((path) => join(directory, path))
    : [];
