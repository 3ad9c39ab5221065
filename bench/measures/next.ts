import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Expd } from '../daemon.js';
import { type Finding, shown } from '../finding.js';
import { nqQueue, spooler } from '../peers.js';
import { output, until } from '../process.js';
import { interleaved, median, ratios, spread } from '../statistics.js';
import { history, type World } from '../world.js';
import { HISTORY } from './sizes.js';

const JOBS = 100;
const JOB_MS = '3';

/** End of one run to the start of the next: between the last word of a main() and the first of the next one. */
export async function next(world: World): Promise<Finding[]> {
  const past = await history(world, HISTORY);
  const light = new Expd(world, 'next');
  const heavy = new Expd(world, 'next-heavy', {
    history: past,
    env: { NODE_OPTIONS: `--require=${join(world.programs, 'fat.cjs')}` },
  });
  for (const expd of [light, heavy]) await expd.start();
  const rounds = await interleaved(
    {
      expd: () => gap(world, (file) => throughExpd(light, file)),
      heavy: () => gap(world, (file) => throughExpd(heavy, file)),
      tsp: () => gap(world, (file, ended) => throughTsp(world, file, ended)),
      nq: () => gap(world, (file, ended) => throughNq(world, file, ended)),
    },
    { rounds: 7 },
  );
  const weight = heavy.residentMb;
  for (const expd of [light, heavy]) await expd.stop();
  const [ours, loaded, tsp] = [rounds.expd, rounds.heavy, rounds.tsp].map((figures) =>
    shown(spread(figures), 'ms'),
  ) as [string, string, string];
  return [
    {
      id: 'next',
      title: 'end of a run → start of the next, durable',
      ours,
      beside: `tsp: ${tsp}`,
      value: ratios(rounds.expd, rounds.tsp),
      unit: '×',
      must: 3,
      goal: 1.5,
      remark: `nq: ${shown(spread(rounds.nq), 'ms')}`,
    },
    {
      id: 'next-heavy',
      title: 'the same, daemon with 400 MB more and 100,000 runs in its history',
      ours: loaded,
      beside: `itself: ${ours}`,
      value: ratios(rounds.heavy, rounds.expd),
      unit: '×',
      must: 1.1,
      remark: `its RSS: ${weight.toFixed(0)} MB`,
    },
  ];
}

/** Resolves once all jobs of the series have ended. */
type Ended = () => Promise<void>;

/** The median over a series of jobs that were all queued before the first of them began. */
export async function gap(world: World, run: (file: string, ended: Ended) => Promise<void>): Promise<number> {
  const file = join(world.dir, 'stamps');
  rmSync(file, { force: true });
  await run(file, () =>
    until(`${JOBS} jobs have ended`, () => existsSync(file) && stamps(file).length >= JOBS),
  );
  const times = stamps(file).sort(([a], [b]) => a - b);
  return median(times.slice(1).map(([start], n) => (start - times[n]![1]) / 1e6));
}

const stamps = (file: string): [start: number, end: number][] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [start = Number.NaN, end = Number.NaN] = line.split(' ').map(Number);
      return [start, end];
    });

export async function throughExpd(expd: Expd, file: string): Promise<void> {
  const gate = await expd.submit(['sleep', '1000'], ['--grace', '1s']);
  const job = [expd.world.probe, 'job', file, JOB_MS];
  const ids = await expd.submitMany(Array.from({ length: JOBS }, () => job));
  await expd.expctl(['cancel', String(gate)]);
  await expd.expctl(['wait', `${ids[0]}-${ids.at(-1)}`]);
}

async function throughTsp(world: World, file: string, ended: Ended): Promise<void> {
  const tsp = spooler(world);
  const gate = (await output(['tsp', 'sleep', '1000'], tsp)).trim();
  for (let n = 0; n < JOBS; n++) await output(['tsp', world.probe, 'job', file, JOB_MS], tsp);
  process.kill(Number(await output(['tsp', '-p', gate], tsp)));
  await ended();
  await tsp.close();
}

async function throughNq(world: World, file: string, ended: Ended): Promise<void> {
  const nq = nqQueue(world);
  const gate = (await output(['nq', 'sleep', '1000'], nq)).trim();
  for (let n = 0; n < JOBS; n++) await output(['nq', world.probe, 'job', file, JOB_MS], nq);
  // The name of a job ends with its pid.
  process.kill(Number(gate.split('.').at(-1)));
  await ended();
}
