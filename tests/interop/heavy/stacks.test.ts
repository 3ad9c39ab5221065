import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { Home, processesWith } from '../../helpers/home.js';
import { inBoot, ROOT } from '../../helpers/machine.js';
import { signalAll } from '../../helpers/processes.js';
import { until } from '../../helpers/until.js';
import { Board, LOADERS, type Points } from '../tensorboard/board.js';
import { heavyPython } from './python.js';

// Real training stacks, killed in the middle: the run goes on, ends with the weights of an undisturbed one, and has its
// curve.

const examples = resolve(import.meta.dirname, '../../../examples');
const { python, test } = heavyPython();

interface Stack {
  name: string;
  argv: string[];
  flags: string[];
  /** Kill once this step was logged; checkpoints are made every five. */
  at: number;
  /** What it logs, and at which steps. */
  curve: { key: string; steps: number[] };
}

const script = (name: string): string => join(examples, 'stacks', name);
const from = (first: number, count: number, every = 1): number[] =>
  Array.from({ length: count }, (_, n) => first + n * every);
const TEMPLATE = '--template';
/** For scripts that log nowhere: they stay as they are. */
const printed = [python, join(import.meta.dirname, 'printed.py')];

const STACKS: readonly Stack[] = [
  {
    name: 'plain PyTorch',
    argv: [python, script('plain_torch.py'), '--pause', '0.05'],
    flags: [],
    at: 12,
    curve: { key: 'loss', steps: from(1, 60) },
  },
  {
    name: 'nanoGPT style',
    argv: [...printed, script('nanogpt_style.py'), '--out_dir={run_dir}/out', '--pause=0.05'],
    flags: ['--checkpoints', 'nanogpt', TEMPLATE],
    at: 12,
    curve: { key: 'loss', steps: from(1, 60) },
  },
  {
    name: 'Hugging Face Trainer',
    argv: [
      ...['env', 'TENSORBOARD_LOGGING_DIR={tb_dir}', python, script('hf_trainer.py')],
      ...['--output_dir', '{run_dir}/out', '--report_to', 'tensorboard', '--pause', '0.05'],
      ...['--max_steps', '60', '--save_steps', '5', '--logging_steps', '1'],
    ],
    flags: ['--checkpoints', 'hf', TEMPLATE],
    at: 12,
    curve: { key: 'train/loss', steps: from(1, 60) },
  },
  {
    name: 'Lightning',
    argv: [
      ...[python, script('lightning_cli.py'), 'fit', '--trainer.default_root_dir', '{run_dir}'],
      ...['--trainer.logger', 'TensorBoardLogger', '--trainer.logger.save_dir', '{tb_dir}'],
      ...['--trainer.logger.name=', '--trainer.logger.version=', '--trainer.log_every_n_steps', '1'],
      ...['--model.pause', '0.05'],
    ],
    flags: ['--checkpoints', 'lightning', TEMPLATE],
    at: 12,
    curve: { key: 'train/loss', steps: from(0, 60) },
  },
  {
    name: 'Keras 3',
    argv: [...printed, script('keras_fit.py'), '--backup', '{run_dir}/backup', '--pause', '0.3'],
    flags: ['--checkpoints', 'keras', TEMPLATE],
    at: 4,
    curve: { key: 'loss', steps: from(1, 20) },
  },
  {
    name: 'accelerate',
    argv: [
      ...[...printed, script('accelerate_loop.py'), '--output_dir', '{run_dir}/out'],
      ...['--checkpointing_steps', '5', '--pause', '0.05'],
    ],
    flags: ['--checkpoints', 'accelerate', TEMPLATE],
    at: 12,
    curve: { key: 'loss', steps: from(1, 60) },
  },
  {
    name: 'timm',
    argv: [...printed, script('timm_saver.py'), '--output', '{run_dir}/out', '--pause', '0.3'],
    flags: ['--checkpoints', 'timm', TEMPLATE],
    at: 4,
    curve: { key: 'loss', steps: from(0, 20) },
  },
  {
    name: 'Hydra application',
    argv: [python, script('hydra_app.py'), 'pause=0.05'],
    flags: [],
    at: 12,
    curve: { key: 'loss', steps: from(1, 60) },
  },
  {
    name: 'plain Node',
    argv: [
      ...[process.execPath, join(examples, 'digits/train.mjs'), '--steps', '1800', '--hidden', '32'],
      ...['--checkpoint-every', '50', '--log-every', '50'],
    ],
    flags: [],
    at: 150,
    curve: { key: 'train/loss', steps: from(50, 36, 50) },
  },
];

const QUIET = { CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' };
const SLOW_MS = 600_000;

let home: Home;
let command: readonly string[];
let boots = 0;
async function boot(): Promise<void> {
  const bootId = `${++boots}`.padStart(8, '0').concat('-1111-4111-8111-111111111111');
  // Without namespaces the supervisors are merely gone, which is an interruption as well.
  home.command = ROOT ? inBoot(bootId, join(home.dir, `boot-${boots}`), command) : command;
  await home.start(['--slots', '3']);
}
beforeAll(() => {
  home = new Home(QUIET);
  command = home.command;
  return boot();
});
afterAll(() => home.close());

const logs = (id: number, attempt?: number): Promise<string> =>
  home.ok('logs', ...(attempt === undefined ? [] : ['--attempt', String(attempt)]), String(id));

interface Shown {
  run: { state: string; runDir: string; experimentId: string };
  attempts: {
    number: number;
    mainPid: number;
    supervisorPid: number;
    runDir: string;
    resumedFrom: string | null;
    outcome: { code: string } | null;
  }[];
}
const shown = async (id: number): Promise<Shown> => JSON.parse(await home.ok('show', String(id), '--json'));
const resultOf = (log: string): string | undefined => /^weights .*?([0-9a-fx.p+-]{16,})/m.exec(log)?.[1];
const steps = (log: string): number[] =>
  [...log.matchAll(/step (\d+)(?:\/\d+)? /g)].map(([, step]) => Number(step));

async function succeeds(id: number): Promise<Shown> {
  await home.expctl(['wait', String(id)]);
  const ended = await shown(id);
  expect(ended.run.state, await logs(id)).toBe('succeeded');
  return ended;
}

/** Killed at that step; its second attempt stands still once it trains. */
async function trainsAgain(id: number, step: number): Promise<void> {
  process.kill(await trains(id, 1, step), 'SIGKILL');
  process.kill(await trains(id, 2, step), 'SIGSTOP');
}

/** The process of an attempt, once it has printed that step. */
async function trains(id: number, attempt: number, step: number): Promise<number> {
  const { runDir, mainPid } = await until(
    `attempt ${attempt} of run ${id} is there`,
    async () => {
      const found = (await shown(id)).attempts[attempt - 1];
      return found?.mainPid ? found : undefined;
    },
    SLOW_MS,
  );
  // Cheaper than to ask for it again and again.
  const log = join(runDir, 'logs', `attempt-${attempt}.log`);
  await until(
    `run ${id} is at step ${step}`,
    () => Math.max(0, ...steps(readFileSync(log, 'utf8'))) >= step,
    SLOW_MS,
  );
  return mainPid;
}

/** All trees at once, as a power cut does; the machine has another boot id then. */
async function reboot(ids: readonly number[]): Promise<void> {
  const trees = await Promise.all(ids.map(shown));
  await home.stop('SIGKILL');
  // Supervisors first, or they would write down how their programs ended.
  signalAll(trees.map(({ attempts }) => attempts.at(-1)!.supervisorPid));
  await until('the machine is off', () => {
    const left = processesWith(`HOME=${home.dir}`);
    signalAll(left);
    return left.length === 0;
  });
  await boot();
}

async function pointsOf(id: number, key: string): Promise<Points> {
  const { metrics } = JSON.parse(await home.ok('metrics', String(id), '--key', key, '--json'));
  return metrics[0].points.map(([step, value]: [number, number]) => [step, value]);
}

/** TensorBoard's own precision. */
const in32Bits = (points: Points): Points => points.map(([step, value]) => [step, Math.fround(value)]);

/** Curves of those that were killed, with what their twins have. */
const disturbed: { experimentId: string; key: string; points: Points }[] = [];

for (const stack of STACKS)
  test(
    `${stack.name}: killed with -9, then at a reboot, in both layouts: ends as if left alone, with the same curve`,
    async () => {
      const submit = (layout: string): Promise<number> =>
        home.submit(stack.argv, [...stack.flags, '--seed', '3', '--layout', layout]);
      const ids = { hybrid: await submit('hybrid'), flat: await submit('flat') };
      const twin = await submit('hybrid');
      await Promise.all([succeeds(twin), ...Object.values(ids).map((id) => trainsAgain(id, stack.at))]);
      await reboot(Object.values(ids));

      const result = resultOf(await logs(twin));
      const points = await pointsOf(twin, stack.curve.key);
      expect(result).toBeDefined();
      expect(points.map(([step]) => step)).toEqual(stack.curve.steps);
      for (const [layout, id] of Object.entries(ids)) {
        const { run, attempts } = await succeeds(id);
        expect(attempts.map(({ resumedFrom }) => resumedFrom !== null)).toEqual([false, true, true]);
        expect(attempts.map(({ outcome }) => outcome?.code)).toEqual([
          'killed_from_outside',
          ROOT ? 'reboot' : 'supervisor_lost',
          expect.stringMatching(/^(?:exit|done)$/),
        ]);
        expect(new Set(attempts.map(({ runDir }) => runDir)).size).toBe(layout === 'flat' ? 1 : 3);
        const metadata = readFileSync(join(run.runDir, '.expd/attempts/3/metadata.json'), 'utf8');
        expect(JSON.parse(metadata).attempt).toBe(3);
        const resumed = await logs(id, 3);
        expect(resumed).toMatch(/resumed (?:at|from) step [1-9]/);
        expect(resultOf(resumed), layout).toBe(result);
        expect(await pointsOf(id, stack.curve.key), layout).toEqual(points);
        disturbed.push({ experimentId: run.experimentId, key: stack.curve.key, points });
      }
    },
    SLOW_MS,
  );

for (const loader of LOADERS)
  test(
    `TensorBoard, ${loader}: the curves of all that were killed are those of what was left alone`,
    async () => {
      expect(disturbed.length).toBeGreaterThan(0);
      const board = await Board.open(python, join(home.project, 'outputs/tensorboard'), home.dir, loader);
      try {
        for (const { experimentId, key, points } of disturbed)
          await board.shows(
            async (on) => in32Bits(await on.scalars(experimentId, key)),
            in32Bits(points),
            60_000,
          );
      } finally {
        await board.close();
      }
    },
    SLOW_MS,
  );
