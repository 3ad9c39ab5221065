import type { StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Expd } from '../daemon.js';
import { type Finding, shown } from '../finding.js';
import { launch, pause, until, used } from '../process.js';
import { quantile, ratios, spread } from '../statistics.js';
import type { World } from '../world.js';
import { silent } from './curves.js';

const LOGGERS = 8;
const ROUNDS = 6;
/** Each about 30 ms; the trainer says of every ten how long they took: longer than the daemon ever rests. */
const STEPS = 100;
const SAID_EVERY = 10;
/** Of what it says so much is passed over: it is still being compiled. */
const WARM = 3;
/** While one of the two trains the other stands still, each for so long: shorter than the moods of a machine. */
const TURN_MS = 1500;

/** A training and the loggers beside it. */
interface Side {
  pids: number[];
  /** What the training said, at its end. */
  said: Promise<string>;
}

/**
 * A step of a real training, by itself and as a run, beside eight others that log 500 lines a second each. Everything
 * is held on one processor, so that whatever the daemon does is taken from the training. By itself it has the same
 * environment and writes the same files, and the others write as much into files that nobody follows.
 */
export async function step(world: World): Promise<Finding[]> {
  const core = String(cpus().length - 1);
  const under = ['taskset', '-c', core]; // becomes what it starts, and that hands it on
  const pinned = (argv: readonly string[]): string[] => [...under, ...argv];
  const expd = new Expd(world, 'step', { under, env: { EXPD_SLOTS: String(LOGGERS + 1) } });
  await expd.start();
  const followed: string[] = [];
  for (let n = 0; n < LOGGERS; n++) followed.push((await silent(expd)).metrics);
  const training = [process.execPath, join(world.dir, 'product/dist/bin/expd-train.cjs'), ...WORDS];

  const loggers = (files: readonly string[]): number => {
    const argv = [process.execPath, join(world.programs, 'metrics.mjs'), 'pace', ...files];
    return launch(pinned(argv), { ...world, stdio: 'ignore' }).pid!;
  };
  const asRun = async (): Promise<Side> => {
    const id = String(await expd.submit(training));
    let pid = 0;
    await until(`run ${id} trains`, async () => {
      pid = JSON.parse(await expd.expctl(['show', id, '--json'])).attempts.at(-1)?.mainPid ?? 0;
      return pid > 0;
    });
    const said = expd.expctl(['wait', id]).then(() => expd.expctl(['logs', id]));
    return { pids: [pid, loggers(followed)], said };
  };
  const alone = async (): Promise<Side> => {
    const env = { ...world.env, ...contract(mkdtempSync(join(world.dir, 'training-'))) };
    // A session of its own, as a run has: the kernel shares processors out among sessions (sched_autogroup).
    const stdio: StdioOptions = ['ignore', 'pipe', 'inherit'];
    const child = launch(pinned(training), { ...world, env, stdio, detached: true });
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    const said = once(child, 'close').then(() => text);
    const files = followed.map((_, n) => join(env.EXPD_RUN_DIR!, `logged-${n}`));
    return { pids: [child.pid!, loggers(files)], said };
  };

  const times: Record<'asRun' | 'alone', number[]> = { asRun: [], alone: [] };
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [before, begin] = [used(expd.pid).cpuMs, performance.now()];
    const said = await inTurns(await asRun(), await alone());
    taken.push(((used(expd.pid).cpuMs - before) / (performance.now() - begin)) * 100);
    times.asRun.push(stepMs(said[0]));
    times.alone.push(stepMs(said[1]));
  }
  await expd.stop();
  return [
    {
      id: 'training-step',
      title: `a step of \`expd-train flow2d\`, p25, while ${LOGGERS} others log 500 lines a second each; all of it, the daemon too, on one processor (taskset)`,
      ours: shown(spread(times.asRun), 'ms'),
      beside: `by itself, the same files written, none followed: ${shown(spread(times.alone), 'ms')}`,
      value: ratios(times.asRun, times.alone),
      unit: '×',
      must: 1.05,
      remark: `of the processor the daemon took ${shown(spread(taken), '%')}, start and end of the run and the turns of the other included`,
    },
  ];
}

/** Lets one of the two be executed at a time, until both have ended. */
async function inTurns(...sides: [Side, Side]): Promise<[string, string]> {
  const living = new Set<Side>(sides);
  for (const side of sides)
    void side.said.finally(() => {
      living.delete(side);
      signal(side.pids[1]!, 'SIGKILL');
    });
  for (let turn = 0; living.size > 0; turn++) {
    const running = living.size === 2 ? sides[turn % 2]! : [...living][0]!;
    for (const side of living)
      for (const pid of side.pids) signal(pid, side === running ? 'SIGCONT' : 'SIGSTOP');
    await pause(TURN_MS);
  }
  return Promise.all([sides[0].said, sides[1].said]);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {} // It has ended.
}

const WORDS = [
  ...['flow2d', '--engine', 'wasm', '--batch-size', '2048', '--steps', `${STEPS}`],
  ...['--log-every', `${SAID_EVERY}`],
  ...['eval', 'sample', 'checkpoint'].flatMap((what) => [`--${what}-every`, `${STEPS}`]),
];

/** What it writes to as a run. */
function contract(directory: string): Record<string, string> {
  const places = { EXPD_CHECKPOINT_DIR: 'checkpoints', EXPD_TB_DIR: 'curve' };
  mkdirSync(join(directory, 'metrics'));
  return {
    EXPD_RUN_DIR: directory,
    EXPD_METRICS: join(directory, 'metrics/metrics.jsonl'),
    ...Object.fromEntries(Object.entries(places).map(([name, place]) => [name, join(directory, place)])),
  };
}

/**
 * In ms, as the trainer measured it itself: of the quarter that was disturbed least, by its own standing still or by
 * whatever else the machine does.
 */
function stepMs(said: string): number {
  const steps = [...said.matchAll(/([\d.]+) ms\/step/g)].map(([, ms]) => Number(ms));
  if (steps.length < STEPS / SAID_EVERY) throw new Error(`the training said: ${said}`);
  return quantile(steps.slice(WARM), 0.25);
}
