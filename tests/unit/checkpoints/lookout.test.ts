import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isPassedOver } from '../../../src/daemon/checkpoints/lookout.js';
import { isUntouched } from '../../../src/daemon/checkpoints/untouched.js';
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
