import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { isPassedOver, Lookout } from '../../../src/daemon/checkpoints/lookout.js';
import { isUntouched } from '../../../src/daemon/checkpoints/untouched.js';
import { until } from '../../helpers/until.js';
import { put, torch } from './files.js';

test('watched is what may be, or tell of, a checkpoint; of its own files only its name', () => {
  const passed = (path: string, isFile = true, pattern: string | null = null): boolean =>
    isPassedOver('/run', join('/run', path), pattern, isFile);
  for (const path of ['', 'checkpoints', 'out', 'out/checkpoint-5', 'checkpoints/step-00000001'])
    expect([path, passed(path, false)]).toEqual([path, false]);
  for (const path of ['out/ckpt.pt', 'a/b/last.ckpt', 'backup/latest.weights.h5', 'm/model.json'])
    expect([path, passed(path)]).toEqual([path, false]);
  for (const path of ['logs', 'metrics', 'samples', 'wandb/x', '.expd', '.hydra', 'out/.trash-x'])
    expect([path, passed(path, false)]).toEqual([path, true]);
  for (const path of [
    'out/sample.png',
    'out/checkpoint-5/model.bin',
    'checkpoints/step-00000001/w',
    'logs/a.log',
  ])
    expect([path, passed(path)]).toEqual([path, true]);
  expect(passed('w/1.bin', true, '{run_dir}/w/*.bin')).toBe(false);
  expect(isPassedOver('/run', '/p/out', '/p/out/*.bin', false)).toBe(false);
  expect(isPassedOver('/run', '/p/out/1.bin', '/p/out/*.bin', true)).toBe(false);
});

test('a directory of checkpoints beside the curves is watched once it is there', async () => {
  const root = mkdtempSync(join(tmpdir(), 'expd-beside-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const [runDir, curves] = [join(root, 'run'), join(root, 'curves')];
  for (const directory of [runDir, curves]) mkdirSync(directory);
  const wakes = new Set<() => void>();
  const at = (_: number, wake: () => void) => {
    wakes.add(wake);
    return () => void wakes.delete(wake);
  };
  const fire = (): void => {
    for (const wake of [...wakes]) {
      wakes.delete(wake);
      wake();
    }
  };
  let looks = 0;
  const look = async () => {
    looks++;
    return { unsettled: false };
  };
  const lookout = new Lookout({ log: pino({ enabled: false }), clock: { now: () => 0, at }, look });
  onTestFinished(() => lookout.close());
  lookout.begin({ attemptId: 'a', runId: 1, runDir, pattern: null, curves });
  fire();
  await until('it is watched, and looked at again later', () => wakes.size === 2);
  fire();
  await until('nothing is there yet', () => looks === 1 && wakes.size === 1);
  put(curves, { 'checkpoints/epoch=0-step=5.ckpt': torch(5) });
  fire();
  await until('it is there', () => wakes.size === 1);
  fire();
  await until('looked at', () => looks === 2);
  await until('a change is seen', () => {
    put(curves, { 'checkpoints/epoch=1-step=10.ckpt': torch(10) });
    return wakes.size === 1;
  });
  fire();
  await until('looked at again', () => looks === 3);
});

test('a run directory in which nothing can be a checkpoint is known at a glance', async () => {
  const runDir = mkdtempSync(join(tmpdir(), 'expd-untouched-'));
  onTestFinished(() => rmSync(runDir, { recursive: true }));
  put(runDir, {
    'logs/attempt-1.log': 'x',
    'train.log': 'x',
    'config.yaml': 'x',
    '.expd/attempts/1/status.json': '',
  });
  expect(await isUntouched(runDir, 1)).toBe(true);
  put(runDir, { 'metrics/metrics.jsonl': '{"step": 1}\n' });
  expect(await isUntouched(runDir, 1)).toBe(false);
  rmSync(join(runDir, 'metrics'), { recursive: true });
  put(runDir, { 'out/ckpt.pt': torch(1) });
  expect(await isUntouched(runDir, 1)).toBe(false);
  rmSync(join(runDir, 'out'), { recursive: true });
  put(runDir, { 'checkpoints/last.pt': torch(1) });
  expect(await isUntouched(runDir, 1)).toBe(false);
});

test('saves without a pause between them are looked at all the same', async () => {
  const runDir = mkdtempSync(join(tmpdir(), 'expd-steady-'));
  onTestFinished(() => rmSync(runDir, { recursive: true }));
  let now = 0;
  let due = { at: 0, wake: () => {} };
  const at = (at: number, wake: () => void) => {
    due = { at, wake };
    return () => {};
  };
  let looks = 0;
  const look = async () => {
    looks++;
    return { unsettled: false };
  };
  const lookout = new Lookout({ log: pino({ enabled: false }), clock: { now: () => now, at }, look });
  onTestFinished(() => lookout.close());
  lookout.begin({ attemptId: 'a', runId: 1, runDir, pattern: '{run_dir}/*.bin', curves: '' });
  due.wake();
  await until('it is watched', () => due.at === 500);
  for (let step = 0; looks === 0; ) {
    const before = due;
    now += 400;
    expect(now).toBeLessThan(11_000);
    await until('a save is seen', () => {
      writeFileSync(join(runDir, `${step++}.bin`), '');
      return due !== before;
    });
    if (due.at <= now) due.wake();
  }
});
