import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import type { Clock } from '../../src/daemon/clock.js';
import type { Command, NewRun, Result } from '../../src/daemon/queue/commands.js';
import { openQueue, type Queue, type QueueOptions } from '../../src/daemon/queue/queue.js';
import type { RunEvent } from '../../src/daemon/run/lifecycle.js';
import type { Outcome } from '../../src/daemon/run/outcome.js';
import { openReader, type Reader } from '../../src/daemon/store/reader.js';

const root = resolve(import.meta.dirname, '..', '..');

/** A bundle of a source file, below node_modules so that native modules are found; made once per content. */
export function bundle(entry: string): string {
  const built = buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['better-sqlite3', 'koffi'],
    define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  const code = built.outputFiles[0]!.contents;
  const digest = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const directory = join(root, 'node_modules/.cache/expd-tests');
  const file = join(directory, `${entry.replaceAll('/', '-')}-${digest}.cjs`);
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true });
  const part = `${file}.${process.pid}`;
  writeFileSync(part, code);
  renameSync(part, file);
  return file;
}

/** The writer thread's file for openQueue. */
export const writerFile = (): string => bundle('src/daemon/queue/writer.ts');

/** A clock that stands still until it is set. */
export interface SetClock extends Clock {
  time: number;
}

export function setClock(time = Date.UTC(2030, 0, 1)): SetClock {
  const clock: SetClock = { time, now: () => clock.time, at: () => () => undefined };
  return clock;
}

/** A queue and a reader on a state directory of their own. */
export class Store {
  readonly dir: string;
  queue!: Queue;
  reader!: Reader;
  failure: Error | null = null;
  readonly clock = setClock();

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async open(options: Partial<QueueOptions> = {}): Promise<Store> {
    const store = new Store(options.stateDir ?? mkdtempSync(join(tmpdir(), 'expd-store-')));
    await store.start(options);
    return store;
  }

  async start(options: Partial<QueueOptions> = {}): Promise<void> {
    this.queue = await openQueue({
      stateDir: this.dir,
      workerFile: writerFile(),
      clock: this.clock,
      ballastBytes: 64 * 1024,
      onFailure: (error) => {
        this.failure = error;
      },
      ...options,
    });
    this.reader = openReader(this.dir);
  }

  /** The store is closed, its directory stays. */
  async stop(): Promise<void> {
    this.reader.close();
    await this.queue.close();
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** After this the feed has told of every commit so far. */
  async told(): Promise<void> {
    await this.execute();
  }

  execute(...commands: Command[]): Promise<Result[]> {
    return this.queue.execute({ requestId: null, commands });
  }

  /** A command that must be accepted; the run's id. */
  async ok(command: Command): Promise<number> {
    const [result] = await this.execute(command);
    if (!result?.ok) throw new Error(`refused: ${JSON.stringify(result)}`);
    return result.runId ?? 0;
  }

  submit(changes: Partial<NewRun> = {}): Promise<number> {
    return this.ok({ do: 'submit', run: newRun(changes) });
  }

  event(runId: number, event: RunEvent): Promise<Result> {
    return this.execute(transitionOf(runId, event)).then(([result]) => result!);
  }

  /** A run of which attempt 1 runs. */
  async running(changes: Partial<NewRun> = {}): Promise<number> {
    const id = await this.submit(changes);
    await this.ok(claimOf(id, 1));
    await this.ok(transitionOf(id, { kind: 'spawned' }));
    return id;
  }

  /** A run that has ended in attempt 1. */
  async ended(outcome: Outcome = success, changes: Partial<NewRun> = {}): Promise<number> {
    const id = await this.running(changes);
    await this.ok(endOf(id, 1, outcome));
    return id;
  }
}

let ulids = 0;

export function newRun(changes: Partial<NewRun> = {}): NewRun {
  return {
    ulid: `01TEST${String(process.pid).padStart(8, '0')}${String(++ulids).padStart(12, '0')}`,
    name: 'train',
    submission: submissionOf(),
    tags: [],
    note: '',
    priority: 0,
    group: 'default',
    after: [],
    killOnFailedDependency: false,
    beginAt: null,
    retries: 0,
    key: null,
    held: false,
    codeUntil: null,
    ...changes,
  };
}

export function submissionOf(changes: Partial<NewRun['submission']> = {}): NewRun['submission'] {
  return {
    argv: ['python', 'train.py'],
    cwd: '/home/me/project',
    project: '/home/me/project',
    envSha: 'e'.repeat(64),
    timeLimitMs: null,
    graceMs: 60_000,
    warn: null,
    requeueExits: [],
    seed: 7,
    resumeArg: null,
    template: false,
    split: false,
    layout: 'hybrid',
    topLevel: true,
    umask: 0o022,
    nice: 0,
    rlimits: [],
    ...changes,
  };
}

/** A transition with the facts that it needs. */
export function transitionOf(runId: number, event: RunEvent): Command {
  if (event.kind === 'claimed') return claimOf(runId, event.attempt, event);
  if (event.kind !== 'spawned') return { do: 'transition', runId, event };
  const handle = { shim: { pid: 10, start: 1 }, main: { pid: 11, start: 2 }, cgroup: null };
  return { do: 'transition', runId, event, facts: { of: 'spawned', startedAt: 1, handle } };
}

export function claimOf(
  runId: number,
  attempt: number,
  {
    attemptId = `a${runId}-${attempt}`,
    resumedFrom = null,
  }: { attemptId?: string; resumedFrom?: string | null } = {},
): Command {
  const dir = `/runs/${runId}/${attempt}`;
  return {
    do: 'transition',
    runId,
    event: { kind: 'claimed', attempt, attemptId, resumedFrom },
    facts: {
      of: 'claimed',
      bootId: 'boot',
      lease: { slots: 1 },
      runDir: dir,
      log: `${dir}/log`,
      errorLog: null,
      resumedStep: resumedFrom === null ? null : 5,
    },
  };
}

export const endOf = (runId: number, attempt: number, outcome: Outcome, progressed = false): Command => ({
  do: 'transition',
  runId,
  event: { kind: 'ended', attempt, outcome, progressed },
  facts: { of: 'ended', usage: { ranMs: 5, userMs: 3, systemMs: 1, maxRssBytes: 1024 } },
});

export const success: Outcome = { verdict: 'success', cause: 'exit', code: 0, signal: null, detail: null };
export const failure: Outcome = { verdict: 'failure', cause: 'exit', code: 3, signal: null, detail: null };
export const interruption: Outcome = {
  verdict: 'interrupted',
  cause: 'reboot',
  code: null,
  signal: null,
  detail: null,
};
