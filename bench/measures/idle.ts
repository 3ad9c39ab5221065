import { Expd } from '../daemon.js';
import { type Finding, shown } from '../finding.js';
import { launch, pause, residentMb, used } from '../process.js';
import { ratios, spread } from '../statistics.js';
import { history, type World } from '../world.js';
import { HISTORY } from './sizes.js';

const SETTLE_MS = 10_000;
const WATCH_MS = 60_000;

/** A daemon with nothing to do, 100,000 runs in its history, beside a node with nothing to do. */
export async function idle(world: World): Promise<Finding[]> {
  const expd = new Expd(world, 'idle', { history: await history(world, HISTORY) });
  await expd.start();
  await expd.stop(); // writes the code cache
  const node = launch([process.execPath, '-e', 'setInterval(() => {}, 1e9)'], { ...world, stdio: 'ignore' });
  const [ours, theirs]: [number[], number[]] = [[], []];
  let [cpuMs, wakeups] = [0, 0];
  for (let round = 0; round < 3; round++) {
    await expd.start();
    await pause(SETTLE_MS);
    ours.push(expd.residentMb);
    theirs.push(residentMb(node.pid!));
    if (round === 0) {
      const before = used(expd.pid);
      await pause(WATCH_MS);
      const after = used(expd.pid);
      cpuMs = after.cpuMs - before.cpuMs;
      wakeups = after.wakeups - before.wakeups;
    }
    await expd.stop();
  }
  node.kill();
  const over = `over ${WATCH_MS / 1000} s`;
  return [
    {
      id: 'idle-rss',
      title: 'resident memory of an idle daemon',
      ours: shown(spread(ours), 'MB'),
      beside: `bare node: ${shown(spread(theirs), 'MB')}`,
      value: ratios(ours, theirs),
      unit: '×',
      must: 2.2,
    },
    {
      id: 'idle-cpu',
      title: 'processor time of an idle daemon',
      ours: `${cpuMs.toFixed(1)} ms`,
      beside: over,
      value: spread([(cpuMs / WATCH_MS) * 100]),
      unit: '%',
      must: 0.1,
    },
    {
      id: 'idle-wakeups',
      title: 'wake-ups of an idle daemon, all its threads',
      ours: `${wakeups}`,
      beside: over,
      value: spread([wakeups / (WATCH_MS / 1000)]),
      unit: '/s',
      must: 2,
    },
  ];
}
