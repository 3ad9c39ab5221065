import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Home } from '../../helpers/home.js';
import { until } from '../../helpers/until.js';
import { heavyPython } from './python.js';

// Real training stacks, killed in the middle: the run goes on and ends with the weights of an undisturbed one.

const examples = resolve(import.meta.dirname, '../../../examples');
const { python, test } = heavyPython();

interface Stack {
  name: string;
  argv: string[];
  flags: string[];
  /** Kill once this step was logged; checkpoints are made every five. */
  at: number;
}

const script = (name: string): string => join(examples, 'stacks', name);
const TEMPLATE = '--template';

const STACKS: readonly Stack[] = [
  { name: 'plain PyTorch', argv: [python, script('plain_torch.py'), '--pause', '0.05'], flags: [], at: 12 },
  {
    name: 'nanoGPT style',
    argv: [python, script('nanogpt_style.py'), '--out_dir={run_dir}/out', '--pause=0.05'],
    flags: ['--checkpoints', 'nanogpt', TEMPLATE],
    at: 12,
  },
  {
    name: 'Hugging Face Trainer',
    argv: [
      ...[python, script('hf_trainer.py'), '--output_dir', '{run_dir}/out', '--report_to', 'none'],
      ...['--max_steps', '60', '--save_steps', '5', '--logging_steps', '1', '--pause', '0.05'],
    ],
    flags: ['--checkpoints', 'hf', TEMPLATE],
    at: 12,
  },
  {
    name: 'Lightning',
    argv: [
      ...[python, script('lightning_cli.py'), 'fit', '--trainer.default_root_dir', '{run_dir}'],
      ...['--model.pause', '0.05'],
    ],
    flags: ['--checkpoints', 'lightning', TEMPLATE],
    at: 12,
  },
  {
    name: 'Keras 3',
    argv: [python, script('keras_fit.py'), '--backup', '{run_dir}/backup', '--pause', '0.3'],
    flags: ['--checkpoints', 'keras', TEMPLATE],
    at: 4,
  },
  { name: 'Hydra application', argv: [python, script('hydra_app.py'), 'pause=0.05'], flags: [], at: 12 },
  {
    name: 'plain Node',
    argv: [
      ...[process.execPath, join(examples, 'digits/train.mjs'), '--steps', '900', '--hidden', '32'],
      ...['--checkpoint-every', '50', '--log-every', '50'],
    ],
    flags: [],
    at: 150,
  },
];

const QUIET = { CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' };
const SLOW_MS = 600_000;

const home = new Home(QUIET);
beforeAll(() => home.start(['--slots', '2']));
afterAll(() => home.close());

const logs = (id: number, attempt?: number): Promise<string> =>
  home.ok('logs', ...(attempt === undefined ? [] : ['--attempt', String(attempt)]), String(id));
const shown = async (id: number) => JSON.parse(await home.ok('show', String(id), '--json'));
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

/** The whole tree at once, as a power cut does; the database is told that the machine was another one then. */
async function reboot(id: number): Promise<void> {
  const { attempts } = await shown(id);
  const { mainPid, supervisorPid } = attempts.at(-1);
  await home.stop('SIGKILL');
  for (const pid of [supervisorPid, mainPid]) process.kill(pid, 'SIGKILL');
  const db = new Database(join(home.state, 'expd.db'));
  db.prepare(`UPDATE attempts SET boot_id = 'before' WHERE phase <> 'ended'`).run();
  db.close();
  await home.start(['--slots', '2']);
}

async function killed(id: number): Promise<void> {
  const { attempts } = await shown(id);
  process.kill(attempts.at(-1).mainPid, 'SIGKILL');
}

describe.each(STACKS)('$name', ({ name, argv, flags, at }) => {
  const seeded = [...flags, '--seed', '3'];

  test(
    `hybrid: killed with -9, then at a reboot: as an undisturbed run ends`,
    async () => {
      const id = await home.submit(argv, seeded);
      await reached(id, at);
      await killed(id);
      await until(
        'a second attempt trains',
        async () => ((await shown(id)).attempts.length > 1 ? steps(await logs(id, 2)).length > 2 : false),
        SLOW_MS,
      );
      await reboot(id);
      await home.expctl(['wait', String(id)]);
      const { run, attempts } = await shown(id);
      expect(run.state).toBe('succeeded');
      expect(attempts).toHaveLength(3);
      expect(attempts.map(({ resumedFrom }: { resumedFrom: string | null }) => resumedFrom !== null)).toEqual(
        [false, true, true],
      );
      const resumed = await logs(id, 3);
      expect(resumed).toMatch(/resumed (?:at|from) step [1-9]/);
      const twin = await home.submit(argv, seeded);
      await home.expctl(['wait', String(twin)]);
      expect(resultOf(resumed)).toBeDefined();
      expect(resultOf(resumed)).toBe(resultOf(await logs(twin)));
    },
    SLOW_MS,
  );

  test(
    'flat: one directory for all attempts',
    async () => {
      const flat = [...seeded, '--layout', 'flat'];
      const id = await home.submit(argv, flat);
      await reached(id, at);
      await killed(id);
      await home.expctl(['wait', String(id)]);
      const { run, attempts } = await shown(id);
      expect(run.state).toBe('succeeded');
      expect(new Set(attempts.map(({ runDir }: { runDir: string }) => runDir)).size).toBe(1);
      expect(await logs(id, 2)).toMatch(/resumed (?:at|from) step [1-9]/);
      const metadata = JSON.parse(readFileSync(join(run.runDir, '.expd/attempts/2/metadata.json'), 'utf8'));
      expect(metadata.attempt, name).toBe(2);
    },
    SLOW_MS,
  );
});
