import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Expd } from './daemon.js';
import { figure } from './finding.js';
import { output, timed, until } from './process.js';
import { RIVALS, type Rival } from './rivals.js';
import { median } from './statistics.js';
import { openWorld, type World } from './world.js';

// npm run bench:rivals: the same questions to other queues of one machine, in the same sitting. Prints a table.

const CALLS = 15;
const SERIES = 8;
const PATIENCE_MS = 120_000;

interface Figures {
  /** All in ms. */
  enqueue: number;
  toMain: number;
  gap: number;
  list: number;
}

void main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  },
);

async function main(): Promise<void> {
  const world = openWorld();
  const rows: string[] = [];
  try {
    for (const [name, open] of [['expd', expd] as const, ...Object.entries(RIVALS)]) {
      process.stderr.write(`bench: ${name}\n`);
      rows.push(
        await open(world)
          .then((rival) => measured(world, rival))
          .catch((error: unknown) => `| ${name} | not measured: ${firstLine(error)} | | | |`),
      );
    }
  } finally {
    await world.close();
  }
  process.stdout.write(
    `| | enqueue, ms | client start → main(), ms | end → next start, ms | list, ms |\n|---|---|---|---|---|\n${rows.join('\n')}\n`,
  );
}

async function expd(world: World): Promise<Rival> {
  const one = new Expd(world, 'rival');
  await one.start();
  return {
    name: 'expd',
    at: one.surroundings,
    add: (command) => one.argv('submit', '--', ...command),
    list: one.argv('ls'),
    close: () => one.stop(),
  };
}

async function measured(world: World, rival: Rival): Promise<string> {
  try {
    const { enqueue, toMain, gap, list } = await figures(world, rival);
    return `| ${rival.name} | ${[enqueue, toMain, gap, list].map(figure).join(' | ')} |`;
  } finally {
    await rival.close();
  }
}

async function figures(world: World, rival: Rival): Promise<Figures> {
  const file = join(world.dir, 'rival-stamps');
  const stamps = (): number[][] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .map((line) => line.split(' ').map(Number))
      : [];
  const job = [world.probe, 'job', file, '20'];
  const seen = (count: number): Promise<void> =>
    until(`${rival.name}: ${count} jobs have ended`, () => stamps().length >= count, PATIENCE_MS);

  const toMain: number[] = [];
  for (let n = 0; n < 5; n++) {
    rmSync(file, { force: true });
    const begin = Number(process.hrtime.bigint());
    await output(rival.add(job, false), rival.at);
    await seen(1);
    toMain.push(((stamps()[0]?.[0] ?? Number.NaN) - begin) / 1e6);
  }

  rmSync(file, { force: true });
  for (let n = 0; n < SERIES; n++)
    await output(rival.add(n === 0 ? [world.probe, 'job', file, '3000'] : job, n > 0), rival.at);
  await seen(SERIES);
  const times = stamps().sort(([a = 0], [b = 0]) => a - b);
  const gaps = times.slice(1).map(([start = 0], n) => (start - (times[n]?.[1] ?? 0)) / 1e6);

  await output(rival.add([world.probe, 'job', file, '1000000'], false), rival.at);
  const enqueue: number[] = [];
  for (let n = 0; n < CALLS; n++) enqueue.push(await timed(rival.add(['true'], true), rival.at));
  const list: number[] = [];
  for (let n = 0; n < CALLS; n++) list.push(await timed(rival.list, rival.at));
  return { enqueue: median(enqueue), toMain: median(toMain), gap: median(gaps), list: median(list) };
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replaceAll('|', '/') ?? '';
