import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Line } from '../../../src/trainers/checkpoint/line.js';
import { loadCheckpoint, newestCheckpoint } from '../../../src/trainers/checkpoint/load.js';
import { surplus } from '../../../src/trainers/checkpoint/retain.js';
import { decodeWeights, encodeWeights } from '../../../src/trainers/checkpoint/safetensors.js';
import { saveCheckpoint, sweepLeftovers } from '../../../src/trainers/checkpoint/save.js';
import { faultsOf } from '../../examples/plain-checkpoint.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const files = (text: string) =>
  new Map([
    ['weights', Buffer.from(text)],
    ['state', Buffer.from('{}')],
  ]);
const stepsIn = () =>
  readdirSync(directory)
    .map((name) => Number(name.replace('step-', '')))
    .sort((a, b) => a - b);

test('what was saved is loaded, and is a checkpoint to every reader of the format', () => {
  const path = saveCheckpoint(directory, 120, files('abc'), { 'val/loss': 0.5 });
  expect(path).toBe(join(directory, 'step-00000120'));
  expect(faultsOf(path)).toEqual([]);
  const { step, metrics, files: loaded } = loadCheckpoint(path);
  expect({ step, metrics }).toEqual({ step: 120, metrics: { 'val/loss': 0.5 } });
  expect([...loaded.keys()]).toEqual(['weights', 'state']);
  expect(Buffer.from(loaded.get('weights')!).toString()).toBe('abc');
});

test('the manifest is the last file to be written, and a step that is there is replaced', () => {
  saveCheckpoint(directory, 1, files('old'));
  const path = saveCheckpoint(directory, 1, files('new'));
  expect(readFileSync(join(path, 'weights'), 'utf8')).toBe('new');
  expect(readdirSync(directory)).toEqual(['step-00000001']);
});

test.each<[string, (path: string) => void, RegExp]>([
  ['a flipped byte', (path) => writeFileSync(join(path, 'weights'), 'abX'), /weights: its sha256 differs/],
  ['a longer file', (path) => appendFileSync(join(path, 'weights'), 'd'), /weights: 4 bytes instead of 3/],
  ['a missing file', (path) => rmSync(join(path, 'weights')), /weights is missing/],
  [
    'a torn manifest',
    (path) => writeFileSync(join(path, 'MANIFEST.json'), '{"v":1,'),
    /MANIFEST.json is torn/,
  ],
  ['no manifest', (path) => rmSync(join(path, 'MANIFEST.json')), /MANIFEST.json is missing/],
  [
    'a link in place of a file',
    (path) => {
      writeFileSync(join(path, '..', 'elsewhere'), 'abc');
      rmSync(join(path, 'weights'));
      symlinkSync('../elsewhere', join(path, 'weights'));
    },
    /weights is a link/,
  ],
])('%s in the newest: the one before is used, and it is said', (_, damage, why) => {
  saveCheckpoint(directory, 1, files('abc'));
  damage(saveCheckpoint(directory, 2, files('abc')));
  const { checkpoint, warnings } = newestCheckpoint(directory);
  expect(checkpoint?.step).toBe(1);
  expect(warnings).toEqual([expect.stringMatching(why)]);
});

test('what a killed process left half done goes, what a living one is doing stays', () => {
  mkdirSync(join(directory, `.tmp-step-00000002-${2 ** 22 + 1}`));
  mkdirSync(join(directory, `.trash-${2 ** 22 + 1}-0`));
  mkdirSync(join(directory, `.tmp-step-00000003-${process.ppid}`));
  mkdirSync(join(directory, 'notes'));
  sweepLeftovers(directory);
  expect(readdirSync(directory).sort()).toEqual([`.tmp-step-00000003-${process.ppid}`, 'notes']);
});

test('the newest stay and those with the least loss; of equal losses the earlier is better, NaN never', () => {
  const line = [0.5, 0.2, 0.2, Number.NaN, 0.9, null].map((loss, n) => ({ step: n + 1, loss }));
  const given = (last: number, best: number) => surplus(line, { last, best }).map(({ step }) => step);
  expect(given(1, 1)).toEqual([1, 3, 4, 5]);
  expect(given(2, 2)).toEqual([1, 4]);
  expect(given(1, 0)).toEqual([1, 2, 3, 4, 5]);
  expect(given(6, 3)).toEqual([]);
});

test('a line keeps its best and its newest, also after it was resumed; what is of another line stays', () => {
  const keeping = { last: 1, best: 1 };
  const line = new Line(directory, keeping, null);
  for (const [step, loss] of [
    [10, 3],
    [20, 1],
    [30, 2],
    [40, 4],
  ] as const)
    line.save(step, files('x'), { 'val/loss': loss });
  expect(stepsIn()).toEqual([20, 40]);
  saveCheckpoint(directory, 90, files('of a line that was left'), { 'val/loss': 0 });
  const resumed = new Line(directory, keeping, loadCheckpoint(join(directory, 'step-00000040')));
  resumed.save(50, files('x'), { 'val/loss': 5 });
  expect(stepsIn()).toEqual([20, 50, 90]);
});

test('weights come back bit for bit, NaN and empty ones too, from a file that begins its values at an eighth byte', () => {
  const weights = {
    a: { shape: [2, 3], values: Float32Array.of(1, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45, 3) },
    none: { shape: [0, 4], values: new Float32Array() },
    scalar: { shape: [], values: Float32Array.of(7) },
  };
  const bytes = encodeWeights(weights, { knobs: '{}' });
  const header = bytes.readUInt32LE(0);
  expect(header % 8).toBe(0);
  expect(JSON.parse(bytes.toString('utf8', 8, 8 + header))).toMatchObject({
    __metadata__: { format: 'np', knobs: '{}' },
    a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    scalar: { dtype: 'F32', shape: [], data_offsets: [24, 28] },
  });
  // At an odd place in memory.
  const moved = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
  expect(decodeWeights(moved)).toEqual(weights);
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeWeights(bytes.subarray(0, length))).toThrow();
});
