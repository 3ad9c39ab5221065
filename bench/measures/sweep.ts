import { Expd } from '../daemon.js';
import { type Finding, shown } from '../finding.js';
import { spooler } from '../peers.js';
import { output } from '../process.js';
import { interleaved, ratios, spread } from '../statistics.js';
import type { World } from '../world.js';

const RUNS = 1000;
/** task-spooler's queue ends at 994. */
const CALLS = 900;

/** A thousand submissions at once, and one call after the other of a tool that has no such thing. */
export async function sweep(world: World): Promise<Finding[]> {
  const expd = new Expd(world, 'sweep');
  await expd.start();
  const lines = Array.from(
    { length: RUNS },
    (_, seed) => `${JSON.stringify({ argv: ['python', 'train.py', `--seed=${seed}`] })}\n`,
  ).join('');
  await expd.block();
  const rounds = await interleaved(
    {
      async expctl() {
        const begin = performance.now();
        await expd.expctl(['submit', '-'], lines);
        return performance.now() - begin;
      },
      async tsp() {
        const tsp = spooler(world);
        await output(['tsp', '-n', 'sleep', '1000'], tsp);
        const loop = `n=0; while [ $n -lt ${CALLS} ]; do tsp -n true >/dev/null; n=$((n+1)); done`;
        const begin = performance.now();
        await output(['sh', '-c', loop], tsp);
        const took = performance.now() - begin;
        await tsp.close();
        return (took / CALLS) * RUNS;
      },
    },
    { rounds: 5 },
  );
  await expd.stop();
  return [
    {
      id: 'sweep',
      title: '1,000 submissions by `submit -`',
      ours: shown(spread(rounds.expctl), 'ms'),
      beside: `tsp, ${CALLS} calls scaled: ${shown(spread(rounds.tsp), 'ms')}`,
      value: ratios(rounds.expctl, rounds.tsp),
      unit: '×',
      must: 0.2,
    },
  ];
}
