import { expect, test } from 'vitest';
import { averageDecay } from '../../../src/trainers/average.js';
import { digits } from '../../../src/trainers/data/digits.js';
import { blackShare, pointsOf } from '../../../src/trainers/data/plane.js';
import { GREY_SPRITES, SMALL_SPRITES, spritesOf } from '../../../src/trainers/data/sprites.js';
import { difference, measure, normalised, restored } from '../../../src/trainers/data/statistics.js';
import { directions, nearestDistance, slicedWasserstein } from '../../../src/trainers/distance.js';
import { Random } from '../../../src/trainers/random.js';
import { learningRate } from '../../../src/trainers/schedule.js';

test('the learning rate rises along a line and falls along a cosine to nothing', () => {
  const at = (step: number, warmup = 100) => learningRate({ lr: 2, warmup, steps: 300 }, step);
  expect([1, 50, 100, 200, 300].map((step) => at(step))).toEqual([0.02, 1, 2, 1, 0]);
  expect(at(150)).toBeCloseTo(1 + Math.SQRT1_2, 12);
  expect(at(1, 0)).toBeCloseTo(2, 3);
  expect(learningRate({ lr: 2, warmup: 100, steps: 50 }, 50)).toBe(1);
});

test('a young average forgets faster', () => {
  expect([1, 10, 100_000].map((step) => averageDecay(0.999, step))).toEqual([2 / 11, 0.55, 0.999]);
});

test('scaled data has mean 0 and deviation 1, in each column or over all, and comes back', () => {
  const data = pointsOf('moons', 2000, Random.of(1, 'data'));
  for (const groups of [1, 2]) {
    const statistics = measure(data, 2, groups);
    expect(statistics).toMatchObject({ count: 2000, mean: { length: groups } });
    const scaled = normalised(data, statistics);
    const again = measure(scaled, 2, groups);
    for (const mean of again.mean) expect(Math.abs(mean)).toBeLessThan(1e-6);
    for (const std of again.std) expect(std).toBeCloseTo(1, 5);
    restored(scaled, statistics).forEach((value, at) => void expect(value).toBeCloseTo(data[at]!, 5));
  }
});

test('what differs between two measurements is said', () => {
  const before = measure(Float32Array.of(1, 2, 3, 4), 2, 1);
  expect(difference(before, before)).toBeNull();
  expect(difference(before, measure(Float32Array.of(1, 2), 2, 1))).toBe('2 rows then, 1 now');
  expect(difference(before, measure(Float32Array.of(1, 2, 3, 5), 2, 1))).toBe(
    'mean 2.50000 then, 2.75000 now',
  );
  expect(difference(before, measure(Float32Array.of(0, 2, 3, 5), 2, 1))).toMatch(/^deviation 1\.11803 then/);
  expect(difference(before, measure(Float32Array.of(4, 3, 2, 1), 2, 1))).toMatch(/^other values/);
});

test('distances: none to itself, that of a shift, and of the nearest point', () => {
  const data = pointsOf('gauss8', 1000, Random.of(1, 'data'));
  const along = directions(64, 2, Random.of(1, 'directions'));
  expect(slicedWasserstein(data, data, along)).toBe(0);
  // The mean of |cos| over half a turn is 2/π.
  const shifted = data.map((value, at) => value + (at % 2 === 0 ? 3 : 0));
  expect(slicedWasserstein(shifted, data, along)).toBeCloseTo((3 * 2) / Math.PI, 2);
  expect(nearestDistance(Float32Array.of(0, 0, 3, 4), Float32Array.of(0, 5, 0, 1), 2, 2)).toBeCloseTo(
    (1 + Math.hypot(3, 1)) / 2,
    6,
  );
  for (const direction of directions(5, 64, Random.of(1, 'more')))
    expect(Math.hypot(...direction)).toBeCloseTo(1, 5);
});

test('of the chequerboard all points are on black, of evenly spread ones half', () => {
  expect(blackShare(pointsOf('checker', 1000, Random.of(1, 'data')))).toBe(1);
  const random = Random.of(2, 'spread');
  const even = Float32Array.from({ length: 8000 }, () => 4 * random.uniform() - 2);
  expect(blackShare(even)).toBeCloseTo(0.5, 1);
});

test('pictures lie between 0 and 1, and are the same from the same seed', () => {
  for (const kind of [SMALL_SPRITES, GREY_SPRITES]) {
    const sprites = spritesOf(kind, 50, Random.of(1, 'sprites'));
    expect(sprites).toHaveLength(50 * kind.side ** 2);
    expect(sprites.every((grey) => grey >= 0 && grey <= 1)).toBe(true);
    expect(sprites.some((grey) => grey > 0.5)).toBe(true);
    expect(spritesOf(kind, 50, Random.of(1, 'sprites'))).toEqual(sprites);
    expect(spritesOf(kind, 50, Random.of(2, 'sprites'))).not.toEqual(sprites);
  }
});

test('the digits are split into 1,124 to train with, 224 to validate with and 449 to test', () => {
  const { train, validation, test } = digits();
  expect([train, validation, test].map(({ length }) => length / 64)).toEqual([1124, 224, 449]);
  expect([...train, ...validation, ...test].every((grey) => grey >= 0 && grey <= 1)).toBe(true);
});
