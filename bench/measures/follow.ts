import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Expd } from '../daemon.js';
import { type Finding, shown } from '../finding.js';
import { launch, pause, until } from '../process.js';
import { interleaved, median, quantile, ratios, spread } from '../statistics.js';
import type { World } from '../world.js';

const LINES = 300;
const EVERY_US = '5000';

/** A line is written by a run; how long until a reader of the follower's output has it. */
export async function follow(world: World): Promise<Finding[]> {
  const expd = new Expd(world, 'follow', { env: { EXPD_SLOTS: '2' } });
  await expd.start();
  const all: number[] = [];
  const rounds = await interleaved(
    {
      expctl: async () => {
        const times = await latencies(expd, (id) => expd.argv('logs', '-f', String(id)));
        all.push(...times);
        return median(times);
      },
      tail: async () => median(await latencies(expd, (_, log) => ['tail', '-n', '+1', '-f', log])),
    },
    { rounds: 5 },
  );
  await expd.stop();
  return [
    {
      id: 'follow',
      title: 'a line written → received by a running `logs -f`, p50',
      ours: shown(spread(rounds.expctl), 'µs'),
      beside: `tail -f: ${shown(spread(rounds.tail), 'µs')}`,
      value: ratios(rounds.expctl, rounds.tail),
      unit: '×',
      must: 5,
      goal: 3,
      remark: `p99 ${shown(spread([quantile(all, 0.99)]), 'µs')}`,
    },
  ];
}

/** In microseconds, of every line; throws when one is missing. */
async function latencies(expd: Expd, follower: (id: number, log: string) => string[]): Promise<number[]> {
  const { world } = expd;
  const file = join(world.dir, 'received');
  rmSync(file, { force: true });
  const go = join(world.dir, 'go');
  rmSync(go, { force: true });
  // The follower is there before the first line.
  const script = `until [ -e ${go} ]; do sleep 0.05; done; exec ${world.probe} lines ${LINES} ${EVERY_US}`;
  const id = await expd.submit(['sh', '-c', script]);
  const log = await started(expd, id);
  const command = [...follower(id, log), '|', 'exec', world.probe, 'receive', file, LINES].join(' ');
  const reader = launch(['sh', '-c', command], { ...expd.surroundings, stdio: 'ignore', detached: true });
  const ended = once(reader, 'exit');
  await pause(500);
  await expd.expctl(['run', '-q', '--', 'touch', go]);
  await expd.expctl(['wait', String(id)]);
  // It writes all of them at its end.
  const lines = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);
  await until(`all ${LINES} lines`, () => lines().length === LINES, 5000);
  try {
    process.kill(-reader.pid!);
  } catch {} // `logs -f` ends with the run.
  await ended;
  return lines().map(Number);
}

/** The run's log, once it runs. */
async function started(expd: Expd, id: number): Promise<string> {
  let log = '';
  await until(`run ${id} has a log`, async () => {
    const { run } = JSON.parse(await expd.expctl(['show', String(id), '--json'])) as {
      run: { state: string; runDir: string | null };
    };
    if (run.runDir !== null) log = join(run.runDir, 'logs/attempt-1.log');
    return run.state === 'running';
  });
  return log;
}
