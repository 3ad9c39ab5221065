import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import type { Clock } from '../../src/daemon/clock.js';
import type { Command, NewRun, NewSweep, Result } from '../../src/daemon/queue/commands.js';
import { openQueue, type Queue, type QueueOptions } from '../../src/daemon/queue/queue.js';
import type { RunEvent } from '../../src/daemon/run/lifecycle.js';
import type { Outcome } from '../../src/daemon/run/outcome.js';
import { openReader, type Reader } from '../../src/daemon/store/reader.js';
import { type Changes, claimOf, endOf, newRun, newSweep, success, transitionOf } from './commands.js';

export * from './commands.js';

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
    define: { 'import.meta.filename': '__filename', 'import.meta.dirname': '__dirname' },
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

  submit(changes: Changes = {}): Promise<number> {
    return this.ok({ do: 'submit', run: newRun(changes) });
  }

  /** A sweep that must be accepted: its id, and those of its jobs as they were asked for. */
  async sweep(
    jobs: readonly NewRun[],
    changes: Partial<NewSweep> = {},
  ): Promise<{ id: number; runs: number[] }> {
    const [result] = await this.execute({ do: 'submitSweep', sweep: newSweep(changes), jobs: [...jobs] });
    if (!result?.ok || result.sweep === undefined) throw new Error(`refused: ${JSON.stringify(result)}`);
    return { id: result.sweep.id, runs: result.sweep.jobs.map(({ runId }) => runId) };
  }

  event(runId: number, event: RunEvent): Promise<Result> {
    return this.execute(transitionOf(runId, event)).then(([result]) => result!);
  }

  /** A run of which attempt 1 runs. */
  async running(changes: Changes = {}): Promise<number> {
    const id = await this.submit(changes);
    await this.ok(claimOf(id, 1));
    await this.ok(transitionOf(id, { kind: 'spawned' }));
    return id;
  }

  /** A run that has ended in attempt 1. */
  async ended(outcome: Outcome = success, changes: Changes = {}): Promise<number> {
    const id = await this.running(changes);
    await this.ok(endOf(id, 1, outcome));
    return id;
  }
}
