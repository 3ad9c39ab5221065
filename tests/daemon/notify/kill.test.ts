import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Target } from '../../../src/daemon/notify/target.js';
import type { Command, Result } from '../../../src/daemon/queue/commands.js';
import { bundle, claimOf, endOf, failure, newRun, transitionOf, writerFile } from '../../helpers/store.js';
import { until } from '../../helpers/until.js';
import type { Begin } from './notifying-child.js';
import { webhookServer } from './webhook-server.js';

let stateDir: string;
let daemon: Daemon | null = null;
const open: { close(): Promise<void> }[] = [];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'expd-notify-'));
});
afterEach(async () => {
  await daemon?.kill();
  daemon = null;
  await Promise.all(open.splice(0).map((server) => server.close()));
  rmSync(stateDir, { recursive: true, force: true });
});

interface Reply {
  results: Result[];
  heap: number;
  /** Notifications that are still to be told. */
  rows: number;
}

class Daemon {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async start(targets: Target[]): Promise<Daemon> {
    const begin: Begin = { stateDir, workerFile: writerFile(), targets };
    const file = bundle('tests/daemon/notify/notifying-child.ts');
    const child = spawn(process.execPath, ['--expose-gc', file, JSON.stringify(begin)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // A write to one that was just killed.
    child.stdin.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('ready');
    return new Daemon(child, lines);
  }

  /** Null when it was killed before it answered. */
  async execute(...commands: Command[]): Promise<Reply | null> {
    this.child.stdin?.write(`${JSON.stringify(commands)}\n`);
    const { value, done } = await this.lines.next();
    return done ? null : JSON.parse(value);
  }

  /** Submits a run and lets it fail; its id once that was acknowledged. */
  async failedRun(): Promise<number | null> {
    const submitted = await this.execute({ do: 'submit', run: newRun() });
    const id = submitted?.results[0]?.runId;
    if (!id) return null;
    const ended = await this.execute(...failing(id));
    return ended === null ? null : id;
  }

  /** Many at once, each with a notification of 4 KB. */
  async failedRuns(count: number): Promise<void> {
    const project = `/${'p'.repeat(4000)}`;
    const submits = Array.from(
      { length: count },
      (): Command => ({ do: 'submit', run: newRun({ project }) }),
    );
    const submitted = await this.execute(...submits);
    await this.execute(...submitted!.results.flatMap(({ runId }) => failing(runId!)));
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

async function server(...answer: Parameters<typeof webhookServer>) {
  const started = await webhookServer(...answer);
  open.push(started);
  return started;
}

const failing = (id: number): Command[] => [
  claimOf(id, 1),
  transitionOf(id, { kind: 'spawned' }),
  endOf(id, 1, failure),
];

const KILLS = 12;
const firsts = (ids: number[]): number[] => [...new Set(ids)];

test('what was acknowledged is told to every target over kill -9 of the daemon, in order', async () => {
  const seed = Date.now() % 2 ** 31;
  const random = randomFrom(seed);
  const slow = await server((_, response) => void setTimeout(() => response.end(), random() * 20));
  const flaky = await server((_, response) => void response.writeHead(random() < 0.3 ? 500 : 200).end());
  const targets = [{ url: slow.url }, { url: flaky.url }];
  const acknowledged: number[] = [];
  for (let kill = 0; kill <= KILLS; kill++) {
    daemon = await Daemon.start(targets);
    // The last one goes on to the end.
    const timer = kill < KILLS ? setTimeout(() => void daemon?.kill(), 20 + random() * 150) : undefined;
    for (let i = 0; i < 15; i++) {
      const id = await daemon.failedRun();
      if (id === null) break;
      acknowledged.push(id);
    }
    if (kill < KILLS) await daemon.kill();
    clearTimeout(timer);
  }
  const last = daemon;
  await until('all is told', async () => (await last?.execute())?.rows === 0, 20_000);
  for (const { ids } of [slow, flaky]) {
    const told = firsts(ids());
    expect(
      acknowledged.filter((id) => !told.includes(id)),
      `seed ${seed}`,
    ).toEqual([]);
    expect(told, `seed ${seed}`).toEqual(told.toSorted((a, b) => a - b));
  }
  // One more each time it was killed between the target's confirmation and its note of it, and no more.
  const repeats = slow.told.length - firsts(slow.ids()).length;
  expect(repeats, `seed ${seed}`).toBeLessThanOrEqual(KILLS);
});

test('a thousand events for a target that hangs take neither memory nor the queue', async () => {
  const hanging = await server(() => undefined);
  const good = await server();
  daemon = await Daemon.start([{ url: hanging.url }, { url: good.url }]);
  await daemon.failedRuns(100);
  const before = await daemon.execute();
  for (let i = 0; i < 10; i++) await daemon.failedRuns(100);
  await until('the good one has heard all', () => firsts(good.ids()).length === 1100, 30_000);
  // One that begins with all of them before it is no larger either.
  await daemon.kill();
  const tries = hanging.told.length;
  daemon = await Daemon.start([{ url: hanging.url }, { url: good.url }]);
  await until('it is tried again', () => hanging.told.length > tries);
  const after = await daemon.execute();
  expect(after?.rows).toBe(1100);
  // The rows are 4 MB together; a page of them may be held.
  expect(after!.heap - before!.heap).toBeLessThan(1.5e6);
});

function randomFrom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) ^ (state << 7);
    return (state >>> 0) / 2 ** 32;
  };
}
