import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';

// The built-in trainers as runs of a real daemon, by the configurations that come with expd.

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.close());

interface Shown {
  run: { state: string; runDir: string };
  attempts: { runDir: string; resumedFrom: string | null; mainPid: number; reason: string }[];
}
const show = async (id: number): Promise<Shown> => JSON.parse(await home.ok('show', String(id), '--json'));
const wait = async (id: number): Promise<number | null> => (await home.expctl(['wait', String(id)])).code;
const submit = async (...words: string[]): Promise<number> => Number(await home.ok('submit', '-q', ...words));
const logs = async (id: number): Promise<string> => (await home.expctl(['logs', String(id)])).stdout;
const metric = async (id: number): Promise<string> =>
  JSON.parse(await home.ok('checkpoints', '--json', String(id))).metric;
const weights = (runDir: string): string =>
  readFileSync(join(runDir, 'artifacts/model.safetensors'), 'base64');

const SMALL = ['trainer.hidden=8', 'trainer.batch_size=8', 'trainer.engine=wasm'];

test('killed -9, resumed by itself, one result: that of an undisturbed run', async () => {
  await home.start();
  const words = ['trainer=autoencoder', 'trainer.latent_space=vq', ...SMALL, 'trainer.steps=800'];
  const every = ['trainer.log_every=50', 'trainer.checkpoint_every=100', 'trainer.eval_every=100'];
  const id = await submit(...words, ...every);
  await until('a checkpoint is there', async () => (await logs(id)).includes('step 250/800'), 60_000);
  process.kill((await show(id)).attempts[0]!.mainPid, 'SIGKILL');
  expect(await wait(id)).toBe(0);

  const { run, attempts } = await show(id);
  expect(run.state).toBe('succeeded');
  expect(attempts).toHaveLength(2);
  expect(attempts[1]!.resumedFrom).toMatch(/step-00000[2-7]00$/);
  expect(attempts[1]!.resumedFrom).toContain(attempts[0]!.runDir);
  const step = Number(attempts[1]!.resumedFrom?.slice(-8));
  expect(await logs(id)).toContain(`resumed from step ${step} (`);

  const twin = await submit(...words, ...every);
  expect(await wait(twin)).toBe(0);
  expect(weights(run.runDir)).toBe(weights((await show(twin)).run.runDir));
  expect(readdirSync(join(run.runDir, 'samples')).length).toBeGreaterThan(0);
  const engine = JSON.parse(readFileSync(join(run.runDir, 'artifacts/engine.json'), 'utf8'));
  expect(engine).toMatchObject({ name: 'wasm', gpu: false });
  expect(await metric(id)).toBe('val/loss:min');
  await home.ok('resume', '--from', 'best', String(id));
}, 120_000);

test('a sweep over what is learnt', async () => {
  await home.start();
  await home.ok(
    'submit',
    '-m',
    'trainer=flow2d',
    'trainer.dataset=moons,spiral',
    ...SMALL,
    'trainer.steps=20',
  );
  for (const id of [1, 2]) expect(await wait(id)).toBe(0);
  const of = async (id: number) => JSON.parse(await home.ok('config', 'diff', '1', String(id), '--json'));
  expect(JSON.stringify(await of(2))).toContain('spiral');
  for (const id of [1, 2]) expect(await logs(id)).toContain('step 20/20');
});

test('in a project of its own: expd.trainer names it, the node trainer has its knobs', async () => {
  await home.start();
  mkdirSync(join(home.project, 'conf'));
  const config =
    'expd: {trainer: flow2d, name: mine}\nseed: 3\ntrainer: {steps: 7, hidden: 8, batch_size: 8, seed: "${seed}", engine: wasm}\n';
  writeFileSync(join(home.project, 'conf/config.yaml'), config);
  const id = await submit('trainer.steps=9');
  expect(await wait(id)).toBe(0);
  expect(await logs(id)).toContain('step 9/9');
  expect(await metric(id)).toBe('val/loss:min');
  const { run } = await show(id);
  const saved = readFileSync(join(run.runDir, 'checkpoints/step-00000009/config.json'), 'utf8');
  expect(JSON.parse(saved)).toMatchObject({ trainer: 'flow2d', knobs: { steps: 9, seed: 3 } });
});
