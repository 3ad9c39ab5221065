import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type CurveBatch,
  type CurveQuery,
  CurveReading,
} from '../../../src/daemon/tracking/curve-reading.js';
import { Points } from '../../../src/daemon/tracking/points.js';
import { thinned } from '../../../src/daemon/tracking/thin.js';
import { FOOTER_BYTES, frame, HEADER_BYTES } from '../../../src/tensorboard/record.js';
import { EventWriter } from '../../../src/tensorboard/tensorboard.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'expd-reading-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const ALL: CurveQuery = { keys: [], fromStep: null, toStep: null, from: null, to: null, most: 0 };

/** Everything that there is now. */
async function read(reading: CurveReading): Promise<CurveBatch[]> {
  const batches: CurveBatch[] = [];
  do batches.push(await reading.next());
  while (batches.at(-1)!.more);
  return batches;
}

const points = (batches: readonly CurveBatch[]): Record<string, [number, number][]> => {
  const found: Record<string, [number, number][]> = {};
  for (const { series } of batches)
    for (const { key, steps, values } of series) {
      found[key] ??= [];
      found[key].push(...Array.from(steps, (step, n): [number, number] => [step, values[n]!]));
    }
  return found;
};

function write(
  directory: string,
  values: Record<string, number[]>,
  options: { rewindTo?: number } = {},
): void {
  const writer = new EventWriter(directory);
  if (options.rewindTo !== undefined) writer.rewind(options.rewindTo);
  for (const [key, numbers] of Object.entries(values))
    numbers.forEach((value, n) => {
      writer.scalar(key, value, (options.rewindTo ?? 0) + n, 100 + n);
    });
  writer.close();
}

test('the points of all files and sub-runs, in the order of steps, without what is superseded', async () => {
  write(root, { loss: [1, 2, 3, 4], lr: [5] });
  write(root, { loss: [7, 8] }, { rewindTo: 2 });
  write(join(root, 'validation'), { loss: [9] });
  write(join(root, 'metrics'), { acc: [6] });
  const read1 = await read(new CurveReading(root, ALL));
  expect(points(read1)).toEqual({
    acc: [[0, 6]],
    loss: [
      [0, 1],
      [1, 2],
      [2, 7],
      [3, 8],
    ],
    lr: [[0, 5]],
    'validation/loss': [[0, 9]],
  });
});

test('what is asked for: keys, steps, times, and no more points than that', async () => {
  write(root, { 'a/x': [0, 1, 2, 3, 4, 5], 'a.x': [1], b: [1] });
  const asked = async (changes: Partial<CurveQuery>) =>
    points(await read(new CurveReading(root, { ...ALL, ...changes })));
  expect(Object.keys(await asked({ keys: ['a*'] }))).toEqual(['a.x', 'a/x']);
  expect(Object.keys(await asked({ keys: ['a.x'] }))).toEqual(['a.x']);
  expect(await asked({ keys: ['a/x'], fromStep: 2, toStep: 3 })).toEqual({
    'a/x': [
      [2, 2],
      [3, 3],
    ],
  });
  expect(await asked({ keys: ['a/x'], from: 104 })).toEqual({
    'a/x': [
      [4, 4],
      [5, 5],
    ],
  });
  expect((await asked({ keys: ['a/x'], most: 4 }))['a/x']).toHaveLength(4);
});

test('many points come in batches', async () => {
  const writer = new EventWriter(root);
  for (let step = 0; step < 20_000; step++) writer.scalar('loss', step % 100, step);
  writer.close();
  const batches = await read(new CurveReading(root, ALL));
  expect(batches.length).toBeGreaterThan(2);
  expect(points(batches).loss).toHaveLength(20_000);
});

test('followed: each point once, and where the run goes back', async () => {
  const writer = new EventWriter(root);
  writer.scalar('loss', 1, 1);
  writer.flush();
  const reading = new CurveReading(root, ALL);
  expect(points(await read(reading))).toEqual({ loss: [[1, 1]] });
  expect(await read(reading)).toEqual([{ rewinds: [], series: [], more: false }]);
  writer.scalar('loss', 2, 2);
  writer.close();
  expect(points(await read(reading))).toEqual({ loss: [[2, 2]] });
  write(root, { loss: [7] }, { rewindTo: 2 });
  const back = await read(reading);
  expect(back).toHaveLength(1);
  expect(back[0]!.rewinds).toEqual([{ step: 2, keys: ['loss'] }]);
  expect(points(back)).toEqual({ loss: [[2, 7]] });
});

test('thinned: extremes, ends and gaps stay', () => {
  const curve = new Points();
  for (let n = 0; n < 1000; n++) curve.push(n, n === 500 ? 99 : n === 501 ? Number.NaN : n / 1000, n);
  const thin = thinned(curve, 50);
  expect(thin.length).toBeLessThanOrEqual(50);
  const values = [...thin.values.subarray(0, thin.length)];
  expect(Math.max(...values)).toBe(99);
  expect([thin.steps[0], thin.steps[thin.length - 1]]).toEqual([0, 999]);
  expect([...thin.steps.subarray(0, thin.length)]).toEqual(
    [...thin.steps.subarray(0, thin.length)].sort((a, b) => a - b),
  );
  expect(thinned(curve, 1000)).toBe(curve);
  const nothing = new Points();
  for (let n = 0; n < 100; n++) nothing.push(n, Number.NaN, n);
  expect(thinned(nothing, 10).length).toBeGreaterThan(2);
});

test('what a script dates beyond any calendar is a point without a time; a step beyond 2^53 is none', async () => {
  const writer = new EventWriter(root);
  writer.scalar('loss', 1, 1, 1e300);
  writer.scalar('loss', 2, 2, 100);
  writer.close();
  // Event { wall_time: 100, step: 2^63 - 1, summary { value { tag: "loss", simple_value: 1 } } }
  const event = Buffer.from('09000000000000594010ffffffffffffffff7f2a0d0a0b0a046c6f7373150000803f', 'hex');
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), event, Buffer.alloc(FOOTER_BYTES)]);
  frame(bytes, new DataView(bytes.buffer, bytes.byteOffset), 0, HEADER_BYTES + event.length);
  appendFileSync(writer.path!, bytes);
  const [batch] = await read(new CurveReading(root, ALL));
  expect(batch!.series).toMatchObject([
    { key: 'loss', steps: new Float64Array([1, 2]), times: new Float64Array([0, 100]) },
  ]);
});
