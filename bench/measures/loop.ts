import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Expd } from '../daemon.js';
import { type Finding, figure } from '../finding.js';
import { launch } from '../process.js';
import { spread } from '../statistics.js';
import type { World } from '../world.js';

const RUNS = 50;
const SLOTS = '10';

interface Delay {
  p99: number;
  max: number;
}

/** See programs/loop.cjs. */
interface Delays {
  late: Delay;
  executed: Delay;
}

/** How long the daemon's event loop stands still while runs come and go and the disk is busy. */
export async function loop(world: World): Promise<Finding[]> {
  const preload = `--require=${join(world.programs, 'loop.cjs')}`;
  const file = join(world.dir, 'loop-delay');
  const expd = new Expd(world, 'loop', {
    env: { NODE_OPTIONS: preload, LOOP_DELAY_FILE: file, EXPD_SLOTS: SLOTS },
  });
  const other = join(world.dir, 'loop-delay-node');
  const rounds: { ours: Delays; bare: Delays }[] = [];
  for (let round = 0; round < 3; round++) {
    await expd.start();
    // What a process that does nothing sees of this machine at the same time.
    const node = launch(
      [process.execPath, '-e', 'process.once("SIGTERM", () => process.exit()); setInterval(() => {}, 1e9)'],
      {
        cwd: world.cwd,
        env: { ...world.env, NODE_OPTIONS: preload, LOOP_DELAY_FILE: other },
        stdio: 'ignore',
      },
    );
    await expd.expctl(['ls']);
    process.kill(expd.pid, 'SIGUSR2');
    process.kill(node.pid!, 'SIGUSR2');
    const writing = write(world);
    const ids = await expd.submitMany(
      Array.from({ length: RUNS }, () => ['sh', '-c', 'echo begin; sleep 0.5; echo end']),
    );
    await expd.expctl(['wait', `${ids[0]}-${ids.at(-1)}`]);
    await writing;
    const ended = once(node, 'exit');
    node.kill();
    await ended;
    await expd.stop();
    rounds.push({ ours: read(file), bare: read(other) });
  }
  const of = (who: 'ours' | 'bare', which: keyof Delays, what: keyof Delay): number[] =>
    rounds.map((round) => round[who][which][what]);
  const told = (who: 'ours' | 'bare', which: keyof Delays): string =>
    `p99 ${figure(spread(of(who, which, 'p99')).median)}, max ${of(who, which, 'max').map(figure).join(', ')} ms`;
  return [
    {
      id: 'loop',
      title:
        'the event loop, while 50 runs start and end and another process writes 3 GB with fsync: the longest that it executes at a stretch',
      ours: told('ours', 'executed'),
      beside: `an idle node at the same time: ${told('bare', 'executed')}`,
      value: spread(of('ours', 'executed', 'max')),
      unit: 'ms',
      must: 20,
      remark: `a timer of 1 ms came late, by the daemon's ${told('ours', 'late')}, by the idle node's ${told('bare', 'late')}`,
    },
  ];
}

/** 3 GB, made durable after each 100 MB. */
async function write(world: World): Promise<void> {
  const file = join(world.dir, 'three-gigabytes');
  const loop = `for n in $(seq 30); do dd if=/dev/zero of=${file} bs=1M count=100 oflag=append conv=notrunc,fsync 2>/dev/null; done; rm ${file}`;
  const [code] = await once(launch(['sh', '-c', loop], { ...world, stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error('the 3 GB could not be written');
}

const read = (file: string): Delays => JSON.parse(readFileSync(file, 'utf8')) as Delays;
