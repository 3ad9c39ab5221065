import { Expd } from '../daemon.js';
import { type Finding, shown } from '../finding.js';
import { spooler } from '../peers.js';
import { timed } from '../process.js';
import { interleaved, ratios, spread } from '../statistics.js';
import type { World } from '../world.js';

/** `expctl submit` from its start to its end: acknowledged durably, the state of the code recorded. */
export async function submit(world: World): Promise<Finding[]> {
  const expd = new Expd(world, 'submit');
  await expd.start();
  await expd.block();
  const bare = [process.execPath, '-e', '0'];
  const ours = expd.argv('submit', '--', 'true');
  await timed(ours, expd.surroundings);
  const tsp = spooler(world);
  const rounds = await interleaved(
    {
      expctl: () => timed(ours, expd.surroundings),
      node: () => timed(bare, world),
      tsp: () => timed(['tsp', '-n', 'true'], tsp),
    },
    { rounds: 7, times: 9 },
  );
  await tsp.close();
  await expd.stop();
  return [
    {
      id: 'submit',
      title: 'submit one run by the CLI, whole process',
      ours: shown(spread(rounds.expctl), 'ms'),
      beside: `node -e 0: ${shown(spread(rounds.node), 'ms')}`,
      value: ratios(rounds.expctl, rounds.node),
      unit: '×',
      must: 3,
      goal: 2.2,
      remark: `tsp -n true: ${shown(spread(rounds.tsp), 'ms')}, in memory only`,
    },
  ];
}
