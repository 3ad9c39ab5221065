import { Expd } from '../daemon.js';
import { type Finding, shown } from '../finding.js';
import { interleaved, quantile, ratios, spread } from '../statistics.js';
import type { World } from '../world.js';
import { listCall, submitCall } from './calls.js';
import { QUEUE } from './sizes.js';

const FEW = 10;
const CALLS = 200;

/** A long queue and a short one. Calls over a standing connection: the start of a client would hide them. */
export async function queued(world: World): Promise<Finding[]> {
  const [long, short] = [new Expd(world, 'queued'), new Expd(world, 'queued-few')];
  for (const [expd, runs] of [
    [long, QUEUE],
    [short, FEW],
  ] as const) {
    await expd.start();
    await expd.block();
    await expd.submitMany(Array.from({ length: runs }, (_, n) => ['python', 'train.py', `--seed=${n}`]));
  }
  for (const expd of [long, short]) await several(expd, submitCall);
  const rounds = await interleaved(
    {
      submitLong: async () => quantile(await several(long, submitCall), 0.99),
      submitShort: async () => quantile(await several(short, submitCall), 0.99),
      listLong: async () => quantile(await several(long, listCall), 0.5),
      listShort: async () => quantile(await several(short, listCall), 0.5),
    },
    { rounds: 5 },
  );
  const resident = long.residentMb;
  for (const expd of [long, short]) await expd.stop();
  return [
    {
      id: 'queued-submit',
      title: 'submit p99 with 10,000 queued',
      ours: shown(spread(rounds.submitLong), 'ms'),
      beside: `with 10: ${shown(spread(rounds.submitShort), 'ms')}`,
      value: ratios(rounds.submitLong, rounds.submitShort),
      unit: '×',
      must: 3,
    },
    {
      id: 'queued-ls',
      title: 'a page of `ls` with 10,000 queued',
      ours: shown(spread(rounds.listLong), 'ms'),
      beside: `with 10: ${shown(spread(rounds.listShort), 'ms')}`,
      value: ratios(rounds.listLong, rounds.listShort),
      unit: '×',
      must: 3,
    },
    {
      id: 'queued-rss',
      title: 'resident memory of the daemon with 10,000 queued',
      ours: `${resident.toFixed(0)} MB`,
      beside: 'after all of the above',
      value: spread([resident]),
      unit: 'MB',
      must: 120,
    },
  ];
}

async function several(expd: Expd, call: (expd: Expd) => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < CALLS; n++) times.push(await call(expd));
  return times;
}
