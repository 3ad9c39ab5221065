import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
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
    name: 'Hydra application',
    argv: [python, script('hydra_app.py'), 'pause=0.05'],
    flags: [],
    at: 12,
    curve: { key: 'loss', steps: from(1, 60) },
  },
  {
    name: 'plain Node',
    argv: [
      ...[process.execPath, join(examples, 'digits/train.mjs'), '--steps', '900', '--hidden', '32'],
      ...['--checkpoint-every', '50', '--log-every', '50'],
    ],
    flags: [],
    at: 150,
    curve: { key: 'train/loss', steps: from(50, 18, 50) },
  },
];

const QUIET = { CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' };
const SLOW_MS = 600_000;

const home = new Home(QUIET);
const { command } = home;
let boots = 0;
async function boot(): Promise<void> {
  const bootId = `${++boots}`.padStart(8, '0').concat('-1111-4111-8111-111111111111');
  // Without namespaces the supervisors are merely gone, which is an interruption as well.
  home.command = ROOT ? inBoot(bootId, join(home.dir, `boot-${boots}`), command) : command;
  await home.start(['--slots', '2']);
}
beforeAll(boot);
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

async function reached(id: number, step: number): Promise<void> {
  await until(
    `run ${id} is at step ${step}`,
    async () => {
      const { stdout } = await home.expctl(['logs', String(id)]);
      return Math.max(0, ...steps(stdout)) >= step;
    },
    SLOW_MS,
  );
}

async function succeeds(id: number): Promise<Shown> {
  await home.expctl(['wait', String(id)]);
  const ended = await shown(id);
  expect(ended.run.state, await logs(id)).toBe('succeeded');
  return ended;
}

/** The whole tree at once, as a power cut does; the machine has another boot id then. */
async function reboot(id: number): Promise<void> {
  const { attempts } = await shown(id);
  await home.stop('SIGKILL');
  // First, or it would write down how its program ended.
  process.kill(attempts.at(-1)!.supervisorPid, 'SIGKILL');
  await until('the machine is off', () => {
    const left = processesWith(`HOME=${home.dir}`);
    signalAll(left);
    return left.length === 0;
  });
  await boot();
}

async function killed(id: number): Promise<void> {
  const { attempts } = await shown(id);
  process.kill(attempts.at(-1)!.mainPid, 'SIGKILL');
}

async function pointsOf(id: number, key: string): Promise<Points> {
  const { metrics } = JSON.parse(await home.ok('metrics', String(id), '--key', key, '--json'));
  return metrics[0].points.map(([step, value]: [number, number]) => [step, value]);
}

/** TensorBoard's own precision. */
const in32Bits = (points: Points): Points => points.map(([step, value]) => [step, Math.fround(value)]);

/** Left alone, in the layout `hybrid`: by the name of the stack. */
const twins = new Map<string, { result: string; points: Points }>();
const disturbed: { stack: Stack; experimentId: string }[] = [];

describe.each(STACKS)('$name', (stack) => {
  const { name, argv, flags, at, curve } = stack;
  const submit = (layout: string): Promise<number> =>
    home.submit(argv, [...flags, '--seed', '3', '--layout', layout]);

  test(
    'left alone: each step once',
    async () => {
      const id = await submit('hybrid');
      await succeeds(id);
      const twin = { result: resultOf(await logs(id)) ?? '', points: await pointsOf(id, curve.key) };
      expect(twin.result).not.toBe('');
      expect(twin.points.map(([step]) => step)).toEqual(curve.steps);
      twins.set(name, twin);
    },
    SLOW_MS,
  );

  for (const layout of ['hybrid', 'flat'])
    test(
      `${layout}: killed with -9, then at a reboot: ends as if left alone, with the same curve`,
      async () => {
        const id = await submit(layout);
        await reached(id, at);
        await killed(id);
        await until(
          'a second attempt trains',
          async () => ((await shown(id)).attempts.length > 1 ? steps(await logs(id, 2)).length > 2 : false),
          SLOW_MS,
        );
        await reboot(id);
        const { run, attempts } = await succeeds(id);
        expect(attempts.map(({ resumedFrom }) => resumedFrom !== null)).toEqual([false, true, true]);
        expect(attempts.map(({ outcome }) => outcome?.code)).toEqual([
          'killed_from_outside',
          ROOT ? 'reboot' : 'supervisor_lost',
          'exit',
        ]);
        const directories = new Set(attempts.map(({ runDir }) => runDir));
        expect(directories.size).toBe(layout === 'flat' ? 1 : 3);
        const metadata = readFileSync(join(run.runDir, '.expd/attempts/3/metadata.json'), 'utf8');
        expect(JSON.parse(metadata).attempt).toBe(3);
        const resumed = await logs(id, 3);
        expect(resumed).toMatch(/resumed (?:at|from) step [1-9]/);
        expect(resultOf(resumed)).toBe(twins.get(name)?.result);
        expect(await pointsOf(id, curve.key)).toEqual(twins.get(name)?.points);
        disturbed.push({ stack, experimentId: run.experimentId });
      },
      SLOW_MS,
    );
});

for (const loader of LOADERS)
  test(
    `TensorBoard, ${loader}: the curves of all that were killed are those of what was left alone`,
    async () => {
      expect(disturbed.length).toBeGreaterThan(0);
      const board = await Board.open(python, join(home.project, 'outputs/tensorboard'), home.dir, loader);
      try {
        for (const { stack, experimentId } of disturbed)
          await board.shows(
            async (on) => in32Bits(await on.scalars(experimentId, stack.curve.key)),
            in32Bits(twins.get(stack.name)?.points ?? []),
            60_000,
          );
      } finally {
        await board.close();
      }
    },
    SLOW_MS,
  );
