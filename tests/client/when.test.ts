import { describe, expect, test } from 'vitest';
import { age, localTime, span } from '../../src/client/render/time.js';
import { begin, duration, durationOrZero } from '../../src/client/when.js';

const HOUR = 3_600_000;

describe('durations', () => {
  test.each([
    ['90s', 90_000],
    ['90m', 90 * 60_000],
    ['1h30m', 1.5 * HOUR],
    ['1.5h', 1.5 * HOUR],
    ['2d', 48 * HOUR],
    ['2:00:00', 2 * HOUR],
    ['100:00:30', 100 * HOUR + 30_000],
    ['1-12:00:00', 36 * HOUR],
  ])('%s', (word, ms) => {
    expect(duration(word)).toBe(ms);
  });

  test.each([
    ['90', 'has no unit'],
    ['1.5', 'has no unit'],
    ['2:00', 'may be hours or minutes'],
    ['0s', 'is no time at all'],
    ['-5m', 'is no duration'],
    ['5 m', 'is no duration'],
    ['', 'is no duration'],
    ['2:60:00', 'is no duration'],
    ['9999999d', 'longer than ten years'],
    [`${'9'.repeat(400)}d`, 'longer than ten years'],
  ])('%s is refused', (word, why) => {
    expect(() => duration(word)).toThrow(why);
  });

  test('zero where it may be', () => {
    expect(durationOrZero('0s')).toBe(0);
    expect(durationOrZero('0')).toBe(0);
    expect(() => durationOrZero('5')).toThrow('has no unit');
  });
});

describe('begin', () => {
  const now = new Date(2026, 0, 2, 12, 0).getTime();
  const local = (...parts: [number, number, number, number, number]): number => new Date(...parts).getTime();

  test.each([
    ['now', 0],
    ['now+2h', now + 2 * HOUR],
    ['14:00', local(2026, 0, 2, 14, 0)],
    ['12:00', local(2026, 0, 3, 12, 0)],
    ['9:30', local(2026, 0, 3, 9, 30)],
    ['2026-01-05T14:00', local(2026, 0, 5, 14, 0)],
    ['2026-01-05 14:00', local(2026, 0, 5, 14, 0)],
    ['2026-01-05', local(2026, 0, 5, 0, 0)],
    ['2026-01-05T14:00:00Z', Date.UTC(2026, 0, 5, 14)],
    ['2026-01-05T14:00+02:00', Date.UTC(2026, 0, 5, 12)],
  ])('%s', (word, at) => {
    expect(begin(word, now)).toBe(at);
  });

  test.each([
    ['24:00', 'is no time of day'],
    ['2026-01-01T00:00', 'is past'],
    ['2026-13-01', 'is no time'],
    ['tomorrow', 'is no time'],
    ['now+5', 'has no unit'],
  ])('%s is refused', (word, why) => {
    expect(() => begin(word, now)).toThrow(why);
  });
});

test('times as people say them', () => {
  expect([0, 45_000, 200_000, 2 * HOUR + 300_000, 99 * HOUR].map(span)).toEqual([
    '0s',
    '45s',
    '3m20s',
    '2h05m',
    '4d03h',
  ]);
  expect([-5, 45_000, 200_000, 2 * HOUR, 99 * HOUR].map(age)).toEqual(['0s', '45s', '3m', '2h', '4d']);
  const at = new Date(2026, 0, 2, 9, 5, 7).getTime();
  expect(localTime(at, at + HOUR)).toBe('09:05:07');
  expect(localTime(at, at + 48 * HOUR)).toBe('2026-01-02 09:05');
});
