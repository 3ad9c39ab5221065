import { expect, test } from 'vitest';
import { Random } from '../../../src/trainers/random.js';

test('is xoshiro128**: the first numbers of its authors’ program from 1, 2, 3, 4', () => {
  const random = new Random([1, 2, 3, 4]);
  const drawn = Array.from({ length: 10 }, () => random.word());
  expect(drawn).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ]);
});

test('goes on from its state, and its streams have nothing in common', () => {
  const random = Random.of(7, 'batches');
  random.gaussians(5);
  const { state } = random;
  const [next, other] = [random.gaussians(64), Random.of(7, 'weights').gaussians(64)];
  const later = Random.of(0, 'anything');
  later.restore(state);
  expect(later.gaussians(64)).toEqual(next);
  expect(other.some((value) => next.includes(value))).toBe(false);
});

test('means, variances and ranges are what they should be', () => {
  const random = Random.of(1, 'moments');
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
  const normal = random.gaussians(100_001);
  expect(Math.abs(mean(normal))).toBeLessThan(0.02);
  expect(Math.abs(mean(normal.map((x) => x * x)) - 1)).toBeLessThan(0.03);
  const singly = Array.from({ length: 50_000 }, () => random.gaussian());
  expect(Math.abs(mean(singly.map((x) => x * x)) - 1)).toBeLessThan(0.03);
  const counts = new Array<number>(7).fill(0);
  for (let n = 0; n < 70_000; n++) counts[random.below(7)]!++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});
