import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { apply, nothingTouched } from '../src/daemon/queue/apply.js';
import type { NewRun } from '../src/daemon/queue/commands.js';
import { KEEP_EVENTS } from '../src/daemon/queue/housekeeping.js';
import { tables } from '../src/daemon/queue/tables.js';
import { openForWriting } from '../src/daemon/store/connection.js';
import { specOf } from '../src/daemon/store/spec.js';

// node history.cjs DIR RUNS PROJECT: a state directory in which RUNS runs have come and gone, over a year, by the
// statements that would have written them.

const [dir = '', count = '', project = ''] = process.argv.slice(2);
const RUNS = Number(count);
const EVERY_MS = (365 * 86_400_000) / RUNS;
const A_TRANSACTION = 1000;
const boot = '00000000-0000-4000-8000-000000000000';

mkdirSync(dir, { mode: 0o700 });
const { connection: db } = openForWriting(dir);
// Nobody waits for these to be durable.
db.raw.pragma('synchronous = OFF');
const into = tables(db);
// Nothing within the last day: `ls` would show that too.
const since = Date.now() - 367 * 86_400_000;
for (let at = 0; at < RUNS; at += A_TRANSACTION)
  db.raw.transaction(() => {
    for (let n = at; n < Math.min(at + A_TRANSACTION, RUNS); n++) live(n);
  })();
into.events.drop(into.events.newestSeq() - KEEP_EVENTS);
db.raw.pragma('wal_checkpoint(TRUNCATE)');
db.raw.close();

/** One run: submitted, started, ended, most of them well. */
function live(n: number): void {
  const now = Math.floor(since + n * EVERY_MS);
  const scene = { tables: into, now, notify: false, touched: nothingTouched() };
  const submitted = apply(scene, { do: 'submit', run: run(n) });
  if (!submitted.ok || submitted.runId === null) throw new Error('not submitted');
  const { runId } = submitted;
  const runDir = `${project}/outputs/hydra/history/${n}`;
  const usage = { ranMs: 3_600_000, userMs: 3_000_000, systemMs: 60_000, maxRssBytes: 4 << 30 };
  const failed = n % 10 === 0;
  apply(scene, {
    do: 'transition',
    runId,
    event: { kind: 'claimed', attempt: 1, attemptId: randomBytes(16).toString('hex'), resumedFrom: null },
    facts: {
      of: 'claimed',
      bootId: boot,
      lease: { slots: 1 },
      runDir,
      log: `${runDir}/logs/attempt-1.log`,
      errorLog: null,
      resumedStep: null,
    },
  });
  apply(scene, {
    do: 'transition',
    runId,
    event: { kind: 'spawned' },
    facts: {
      of: 'spawned',
      startedAt: now,
      handle: { shim: { pid: 1000, start: n }, main: { pid: 1001, start: n }, cgroup: null },
    },
  });
  apply(scene, {
    do: 'transition',
    runId,
    event: {
      kind: 'ended',
      attempt: 1,
      progressed: false,
      outcome: {
        verdict: failed ? 'failure' : 'success',
        cause: 'exit',
        code: failed ? 1 : 0,
        signal: null,
        detail: null,
      },
    },
    facts: { of: 'ended', usage },
  });
}

function run(n: number): NewRun {
  return {
    ulid: `01HISTORY${String(n).padStart(17, '0')}`,
    name: `train-${n % 100}`,
    spec: specOf({
      argv: ['python', 'train.py', '--lr', '0.1', '--seed', String(n), '--data', '/data/imagenet/train'],
      cwd: project,
      project,
      envSha: 'e'.repeat(64),
      timeLimitMs: null,
      graceMs: 60_000,
      warn: null,
      requeueExits: [],
      seed: n,
      resumeArg: null,
      template: false,
      split: false,
      layout: 'hybrid',
      topLevel: true,
      umask: 0o22,
      nice: 0,
      rlimits: [],
      configuration: null,
      existingExperiment: null,
    }),
    project,
    existingExperiment: null,
    keyed: null,
    tags: n % 5 === 0 ? ['baseline'] : [],
    note: '',
    priority: 0,
    group: 'default',
    after: [],
    killOnFailedDependency: false,
    beginAt: null,
    retries: 0,
    key: null,
    held: false,
    code: null,
    codeUntil: null,
    experimentId: null,
    overrides: [],
  };
}
