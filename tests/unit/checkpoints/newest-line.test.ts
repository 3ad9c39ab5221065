import { expect, test } from 'vitest';
import { lineOf } from '../../../src/daemon/checkpoints/line.js';

test.each([
  ['all attempts', { from: 'newest' }, { since: 1, base: null }],
  ['since a choice', { from: 'newest', since: 2, base: '100' }, { since: 2, base: '100' }],
] as const)('%s, whether one is under way or not', (_, resume, line) => {
  for (const live of [true, false]) expect(lineOf({ resume, attempt: 3 }, live)).toEqual(line);
});

test('a choice begins a line with the attempt under way, else with the next', () => {
  for (const [live, since] of [
    [true, 3],
    [false, 4],
  ] as const) {
    expect(lineOf({ resume: { from: 'nothing' }, attempt: 3 }, live)).toEqual({ since, base: null });
    const resume = { from: 'chosen', what: 'best' } as const;
    expect(lineOf({ resume, attempt: 3 }, live)).toEqual({ since, base: 'best' });
  }
});
