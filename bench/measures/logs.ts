import { once } from 'node:events';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Expd } from '../daemon.js';
import { type Finding, figure } from '../finding.js';
import { launch, until } from '../process.js';
import { interleaved, ratios, spread } from '../statistics.js';
import type { World } from '../world.js';

const BYTES = 1_000_000_000;
const LINE = `${'epoch 12 step 3456 loss 0.1234 '.repeat(4).slice(0, 99)}\n`;

/** A log of 1 GB, to the end of what is there, by a follower of a run that goes on. */
export async function logs(world: World): Promise<Finding[]> {
  const source = join(world.dir, 'gigabyte');
  write(source);
  const expd = new Expd(world, 'logs');
  await expd.start();
  const id = await expd.submit(
    ['sh', '-c', `cat ${source}; rm ${source}; exec sleep 100000`],
    ['--grace', '1s'],
  );
  let log = '';
  await until('the log is written', async () => {
    const { run } = JSON.parse(await expd.expctl(['show', String(id), '--json'])) as {
      run: { runDir: string | null };
    };
    if (run.runDir !== null) log = join(run.runDir, 'logs/attempt-1.log');
    return sizeOf(source) === null;
  });
  const rate = (follower: string[]) => async (): Promise<number> => {
    const command = `${follower.join(' ')} | head -c ${BYTES} | wc -c`;
    const begin = performance.now();
    const pipe = launch(['sh', '-c', command], {
      ...expd.surroundings,
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    const ended = once(pipe, 'exit');
    const [count] = await once(pipe.stdout!, 'data');
    const took = performance.now() - begin;
    if (Number(count) !== BYTES) throw new Error(`${follower[0]}: ${count} bytes`);
    // A follower learns that its reader is gone with its next write.
    try {
      process.kill(-pipe.pid!);
    } catch {} // It has.
    await ended;
    return BYTES / 1e3 / took;
  };
  const rounds = await interleaved(
    { expctl: rate(expd.argv('logs', '-f', String(id))), tail: rate(['tail', '-c', '+1', '-f', log]) },
    { rounds: 7 },
  );
  const resident = expd.residentMb;
  await expd.expctl(['cancel', String(id)]);
  await expd.stop();
  const shown = (rates: number[]): string => {
    const { median, min, max } = spread(rates);
    return `${figure(median)} MB/s (${figure(min)}–${figure(max)})`;
  };
  return [
    {
      id: 'logs',
      title: '1 GB of log through `logs -f`; how much longer it takes',
      ours: shown(rounds.expctl),
      beside: `tail -f: ${shown(rounds.tail)}`,
      value: ratios(rounds.tail, rounds.expctl),
      unit: '×',
      must: 1 / 0.8,
      goal: 1,
      remark: `the daemon's RSS afterwards: ${resident.toFixed(0)} MB`,
    },
  ];
}

function write(path: string): void {
  const block = LINE.repeat(10_000);
  const fd = openSync(path, 'w');
  for (let written = 0; written < BYTES; written += block.length) writeSync(fd, block);
  closeSync(fd);
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}
