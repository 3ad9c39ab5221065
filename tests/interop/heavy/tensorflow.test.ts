import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, test as always, beforeAll, expect } from 'vitest';
import { newestValid } from '../../examples/plain-checkpoint.js';
import { attemptUnder, train } from '../../examples/trainers.js';
import { interopPython } from '../../helpers/interop-python.js';
import { skipUnless } from '../../helpers/skip.js';
import { builtIn, weightsHash } from '../../trainers/training.js';

// tfjs-node on the TensorFlow of a real Python wheel: linked, and resumed on it bit for bit.

const wanted = process.env.EXPD_TEST_HEAVY === '1';
const test = wanted ? interopPython('tensorflow') : null;
const check = test?.test ?? skipUnless(false, 'EXPD_TEST_HEAVY=1 takes a gigabyte of Python packages');
const expctl = resolve(import.meta.dirname, '../../../dist/bin/expctl.cjs');

const root = mkdtempSync(join(tmpdir(), 'tensorflow-'));
afterAll(() => rmSync(root, { recursive: true }));
const env = () => ({
  HOME: root,
  EXPD_HOME: join(root, 'expd'),
  XDG_DATA_HOME: join(root, 'data'),
  PATH: `${dirname(test?.python ?? '')}:${process.env.PATH}`,
});
const under = ['env', `XDG_DATA_HOME=${join(root, 'data')}`];

beforeAll(() => {
  if (!wanted) return;
  const linked = spawnSync(process.execPath, [expctl, 'tfjs', 'link', '--json'], {
    encoding: 'utf8',
    env: env(),
  });
  expect(JSON.parse(linked.stdout || linked.stderr)).toMatchObject({ version: '2.21.0', gpu: false });
}, 600_000);

check('what is linked comes first, and a GPU that is required is missed honestly', async () => {
  const attempt = attemptUnder(root);
  const ending = await train(builtIn('autoencoder', 'engine=auto', 'steps=4'), attempt, [], { under });
  expect(ending.lines[0]).toBe('engine: linked (TensorFlow 2.21.0 on the CPU)');
  const told = JSON.parse(readFileSync(join(attempt.dir, 'artifacts/engine.json'), 'utf8'));
  expect(told).toEqual({ name: 'linked', version: '2.21.0', gpu: false, passed_over: [] });
  const required = await train(
    builtIn('autoencoder', 'engine=tensorflow', 'require_gpu=true'),
    attemptUnder(root),
    [],
    { under },
  );
  expect(required.code).toBe(1);
  expect(required.stderr).toMatch(
    /no engine with a GPU: linked: TensorFlow 2\.21\.0 finds no GPU; tfjs-node-gpu: /,
  );
});

const KNOBS = 'engine=linked steps=300 checkpoint_every=140 eval_every=1000 log_every=147'.split(' ');

for (const trainer of [
  builtIn('flow2d'),
  builtIn('flowsprites'),
  builtIn('autoencoder'),
  builtIn('autoencoder', 'latent_space=vq'),
])
  check(`${trainer.name}: 140 steps, kill -9, 160 steps: every bit of 300 steps in one`, async () => {
    const whole = await train(trainer, attemptUnder(root), KNOBS, { under });
    const first = attemptUnder(root);
    const killed = await train(trainer, first, KNOBS, {
      under,
      onLine: (n) => (n === 3 ? 'SIGKILL' : undefined),
    });
    expect(killed).toMatchObject({ signal: 'SIGKILL' });
    const resumeFrom = newestValid([first.checkpoints]);
    expect(resumeFrom).toMatch(/step-00000140$/);
    const resumed = await train(trainer, attemptUnder(root), KNOBS, { under, resumeFrom });
    expect(weightsHash(resumed)).toBe(weightsHash(whole));
  });

always('the compiler and the library that are missing are named', () => {
  const link = (words: string[], PATH?: string) =>
    spawnSync(process.execPath, [expctl, 'tfjs', 'link', ...words], {
      encoding: 'utf8',
      env: { ...env(), ...(PATH !== undefined && { PATH }) },
    });
  const none = link(['--tf', root]);
  expect(none.status).toBe(1);
  expect(none.stderr).toMatch(
    /^expd-train: .* has no libtensorflow_cc\.so\.2: name the directory tensorflow of site-packages\n/,
  );
  expect(link([], '/nowhere').stderr).toMatch(
    /^expd-train: python3 is missing; name the directory with --tf\n/,
  );
});
