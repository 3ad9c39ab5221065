import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Expd } from '../daemon.js';
import { type Finding, shown } from '../finding.js';
import { launch, output, used } from '../process.js';
import { interleaved, median, ratios, spread } from '../statistics.js';
import type { World } from '../world.js';
import { silent } from './curves.js';

const LOGGERS = 8;
const ROUNDS = 6;
/** Each about 30 ms; the trainer says every tenth how long they took it. */
const STEPS = 100;
const SAID_EVERY = 10;
/** Of what it says so much is passed over: it is still being compiled. */
const WARM = 3;

/**
 * A step of a real training, by itself and as a run, beside eight others that log 500 lines a second each. Everything
 * is held on one processor, so that whatever the daemon does is taken from the training. By itself it has the same
 * environment and writes the same files, and the others write as much into files that nobody follows.
 */
export async function step(world: World): Promise<Finding[]> {
  const core = String(cpus().length - 1);
  const pinned = (argv: readonly string[]): string[] => ['taskset', '-c', core, ...argv];
  const expd = new Expd(world, 'step', { env: { EXPD_SLOTS: String(LOGGERS + 1) } });
  await expd.start();
  execFileSync('taskset', ['-a', '-p', '-c', core, String(expd.pid)]); // and so all that it starts
  const followed: string[] = [];
  for (let n = 0; n < LOGGERS; n++) followed.push((await silent(expd)).metrics);
  const alone = followed.map((_, n) => join(world.dir, `alone-${n}`));
  const trainer = join(world.dir, 'product/dist/bin/expd-train.cjs');
  const training = [process.execPath, trainer, ...words];

  const beside = async (files: readonly string[], train: () => Promise<string>): Promise<number> => {
    const pace = [process.execPath, join(world.programs, 'metrics.mjs'), 'pace', ...files];
    const others = launch(pinned(pace), { ...world, stdio: 'ignore' });
    const said = await train();
    others.kill();
    return medianStep(said);
  };
  const taken: number[] = [];
  const rounds = await interleaved(
    {
      expd: () =>
        beside(followed, async () => {
          const before = used(expd.pid).cpuMs;
          const begin = performance.now();
          const id = await expd.submit(training);
          await expd.expctl(['wait', String(id)]);
          taken.push(((used(expd.pid).cpuMs - before) / (performance.now() - begin)) * 100);
          return expd.expctl(['logs', String(id)]);
        }),
      alone: () => {
        const env = { ...world.env, ...contract(mkdtempSync(join(world.dir, 'training-'))) };
        return beside(alone, () => output(pinned(training), { ...world, env }));
      },
    },
    { rounds: ROUNDS },
  );
  await expd.stop();
  return [
    {
      id: 'training-step',
      title: `a step of \`expd-train flow2d\`, p50, while ${LOGGERS} others log 500 lines a second each; all of it, the daemon too, on one processor (taskset)`,
      ours: shown(spread(rounds.expd), 'ms'),
      beside: `by itself, the same files written, none followed: ${shown(spread(rounds.alone), 'ms')}`,
      value: ratios(rounds.expd, rounds.alone),
      unit: '×',
      must: 1.05,
      remark: `of the processor the daemon took ${shown(spread(taken), '%')}, start and end of the run included`,
    },
  ];
}

const words = [
  ...[
    'flow2d',
    '--engine',
    'wasm',
    '--batch-size',
    '2048',
    '--steps',
    `${STEPS}`,
    '--log-every',
    `${SAID_EVERY}`,
  ],
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

/** In ms, as the trainer measured it itself. */
function medianStep(said: string): number {
  const steps = [...said.matchAll(/([\d.]+) ms\/step/g)].map(([, ms]) => Number(ms));
  if (steps.length < STEPS / SAID_EVERY) throw new Error(`the training said: ${said}`);
  return median(steps.slice(WARM));
}
