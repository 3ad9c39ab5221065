import { Expd } from '../daemon.js';
import { type Finding, shown } from '../finding.js';
import { interleaved, ratios, spread } from '../statistics.js';
import { history, type World } from '../world.js';
import { listCall, submitCall } from './calls.js';
import { gap, throughExpd } from './next.js';
import { HISTORY } from './sizes.js';

/** A daemon with 100,000 runs in its history beside one without. */
export async function past(world: World): Promise<Finding[]> {
  const long = new Expd(world, 'past-long', { history: await history(world, HISTORY) });
  const empty = new Expd(world, 'past');
  for (const expd of [long, empty]) await expd.start();
  const start = (expd: Expd) => () => gap(world, (file) => throughExpd(expd, file));
  // First, while both queues are empty; both daemons then have the same new runs.
  const starts = await interleaved({ long: start(long), empty: start(empty) }, { rounds: 5 });
  for (const expd of [long, empty]) await expd.block();
  const submits = await interleaved(
    { long: () => submitCall(long), empty: () => submitCall(empty) },
    { rounds: 9, times: 41 },
  );
  const lists = await interleaved(
    { long: () => listCall(long), empty: () => listCall(empty) },
    { rounds: 9, times: 41 },
  );
  for (const expd of [long, empty]) await expd.stop();
  return (
    [
      ['submit', 'a submit call', submits],
      ['start', 'end of a run → start of the next', starts],
      ['ls', 'a page of `ls`', lists],
    ] as const
  ).map(([id, what, rounds]) => ({
    id: `past-${id}`,
    title: `${what} with 100,000 runs in the history`,
    ours: shown(spread(rounds.long), 'ms'),
    beside: `without: ${shown(spread(rounds.empty), 'ms')}`,
    value: ratios(rounds.long, rounds.empty),
    unit: '×',
    must: 1.15,
  }));
}
