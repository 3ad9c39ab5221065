import { Expd } from '../daemon.js';
import { type Finding, shown } from '../finding.js';
import { timed } from '../process.js';
import { interleaved, ratios, spread } from '../statistics.js';
import { history, type World } from '../world.js';
import { HISTORY } from './sizes.js';

/** From the start of the process to its first answer, after a kill -9. */
export async function start(world: World): Promise<Finding[]> {
  const long = new Expd(world, 'start-long', { history: await history(world, HISTORY) });
  const empty = new Expd(world, 'start');
  const restart = (expd: Expd) => async (): Promise<number> => {
    const took = await expd.start();
    await expd.stop('SIGKILL');
    return took;
  };
  for (const expd of [long, empty]) {
    await expd.start();
    // Ends well once, so that V8's code cache is written.
    await expd.stop();
  }
  const rounds = await interleaved(
    {
      long: restart(long),
      empty: restart(empty),
      node: () => timed([process.execPath, '-e', '0'], world),
    },
    { rounds: 7, times: 3 },
  );
  return [
    {
      id: 'start',
      title: 'start of the daemon, 100,000 runs in its history, after kill -9 → first answer',
      ours: shown(spread(rounds.long), 'ms'),
      beside: `node -e 0: ${shown(spread(rounds.node), 'ms')}`,
      value: ratios(rounds.long, rounds.node),
      unit: '×',
      must: 5,
      goal: 3.5,
      remark: `without history: ${shown(spread(rounds.empty), 'ms')}`,
    },
  ];
}
