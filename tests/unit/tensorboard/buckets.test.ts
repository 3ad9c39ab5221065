import { expect, test } from 'vitest';
import { bucketsOf } from '../../../src/tensorboard/buckets.js';
import { randomly } from '../../helpers/random.js';

test('equal widths from the smallest to the largest, which is in the last', () => {
  expect(bucketsOf([0, 1, 2, 3, 4], 2)).toEqual([
    { left: 0, right: 2, count: 2 },
    { left: 2, right: 4, count: 3 },
  ]);
});

test('of nothing, and of one value', () => {
  expect(bucketsOf([Number.NaN], 2)).toEqual([
    { left: 0, right: 0, count: 0 },
    { left: 0, right: 0, count: 0 },
  ]);
  expect(bucketsOf(new Float32Array([5, 5, Number.POSITIVE_INFINITY]), 2)).toEqual([
    { left: 5, right: 5, count: 0 },
    { left: 5, right: 5, count: 2 },
  ]);
});

test('no value is lost, however far apart or close they are', () => {
  randomly(200, (random) => {
    const scale = random.of([Number.MIN_VALUE, 1e-300, 1, 1e300, Number.MAX_VALUE / 100]);
    const values = Array.from({ length: 1 + random.upTo(50) }, () => (random.upTo(200) - 100) * scale);
    const buckets = bucketsOf(values);
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
    expect(buckets[0]!.left).toBe(Math.min(...values));
    expect(buckets.at(-1)!.right).toBe(Math.max(...values));
    for (const { left, right } of buckets) expect(left).toBeLessThanOrEqual(right);
  });
});
