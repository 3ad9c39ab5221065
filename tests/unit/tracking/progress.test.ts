import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { headline, type Progress, remainingMs, type Standing } from '../../../src/daemon/run/progress.js';
import { hparamsOf } from '../../../src/daemon/tracking/hparams.js';
import type { TailProgress } from '../../../src/daemon/tracking/metrics-tail.js';
import { Pace } from '../../../src/daemon/tracking/pace.js';
import { plannedSteps } from '../../../src/daemon/tracking/planned-steps.js';
import { ProgressBook } from '../../../src/daemon/tracking/progress-book.js';
import { Standings } from '../../../src/daemon/tracking/standings.js';

test.each([
  [['python', 'train.py', '--max-steps', '500'], 500],
  [['train', '--iters=1_000'], 1000],
  [['train', 'trainer.max_steps=5e3'], 5000],
  [['train', '+steps=7', 'steps=8'], 8],
  [['train', '--log-every-steps', '50', '--warmup_steps=9', 'eval_steps=3'], null],
  [['train', '--steps'], null],
  [['train', '--steps', 'many'], null],
  [['train', 'steps'], null],
])('%j makes %s steps', (words, steps) => {
  expect(plannedSteps(words)).toBe(steps);
});

test('a configuration tells where there is one number only', () => {
  expect(plannedSteps([], { trainer: { max_steps: 9, log: { every_steps: 3 } } })).toBe(9);
  expect(plannedSteps([], { a: { steps: 1 }, b: { steps: 2 } })).toBe(null);
  expect(plannedSteps(['--steps', '3'], { steps: 9 })).toBe(3);
});

test('overrides are hyperparameters; jobs that differ in their seed are one group', () => {
  expect(hparamsOf(['lr=0.1', '+net=big', 'amp=true', '~old', 'seed=3'], 4)).toEqual({
    values: { lr: 0.1, net: 'big', amp: true, seed: 3, sweep: 's4' },
    group: 's4 lr=0.1 net=big amp=true',
  });
  expect(hparamsOf([], 4)).toBe(null);
});

test('the pace is that of the last half a minute, and none after a break', () => {
  const pace = new Pace();
  expect(pace.rate).toBe(null);
  for (let at = 0; at < 100; at++) pace.seen(at < 50 ? at : 50 + (at - 50) * 10, at);
  expect(pace.rate).toBeCloseTo(10);
  pace.seen(10, 100); // it went back
  expect(pace.rate).toBe(null);
  pace.seen(30, 110);
  expect(pace.rate).toBe(2);
  pace.seen(31, 110 + 4000);
  expect(pace.rate).toBe(null);
});

test('what remains follows from pace and plan', () => {
  const known = { step: 50, totalSteps: 100, stepsPerSecond: 2, at: 1000 };
  expect(remainingMs(known, 1_005_000)).toBe(20_000);
  expect(remainingMs(known, 2_000_000)).toBe(0);
  expect(remainingMs({ ...known, totalSteps: null }, 0)).toBe(null);
  expect(remainingMs({ ...known, stepsPerSecond: 0 }, 0)).toBe(null);
  expect(remainingMs({ ...known, totalSteps: 9e15, stepsPerSecond: 1e-3 }, 0)).toBe(null);
});

test('the last value is of the newest step, though the clock was ahead before; or of one that the run went back to', () => {
  const standings = new Standings();
  const last = (step: number, at: number): number | undefined => {
    standings.point('loss', step, step, at);
    return standings.takeChanged()[0]?.step;
  };
  expect([last(1, 5000), last(2, 1000), last(1, 1001), last(0, 900)]).toEqual([1, 2, 1, 1]);
});

test('the headline is the validation loss, else a loss, else the first', () => {
  const named = (...keys: string[]) => headline(keys.map((key): Standing => standing(key, 1)))?.key;
  expect(named('acc', 'train/loss', 'val/loss')).toBe('val/loss');
  expect(named('acc', 'loss_scale', 'train/loss')).toBe('train/loss');
  expect(named('acc', 'lr')).toBe('acc');
  expect(named()).toBe(undefined);
});

const standing = (key: string, step: number): Standing => ({
  ...{ key, step, value: step, at: step, points: step },
  ...{ lowest: { step, value: step }, highest: null },
});
const told = (step: number, changed: Standing[], anew = false): TailProgress => ({
  ...{ runId: 7, attempt: 1, step, totalSteps: null, stepsPerSecond: 3, at: step },
  ...{ bad: { count: 0, example: null }, problem: null, changed, anew },
});

test('the book: in memory at once, in the store now and then, and what the store refuses is kept', async () => {
  const saved: [Progress['step'], string[], boolean][] = [];
  let [takes, wake] = [true, (): unknown => undefined];
  const log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };
  const book = new ProgressBook({
    clock: {
      now: () => 0,
      at: (_, due) => {
        wake = due;
        return () => {};
      },
    },
    log,
    save: async ({ step }, standings, anew) => {
      if (takes) saved.push([step, standings.map(({ key }) => key), anew]);
      return takes;
    },
  });
  expect([book.progress(7), book.standings(7)]).toEqual([null, null]);
  book.take([told(1, [standing('b', 1), standing('a', 1)], true)]);
  expect(book.standings(7)?.map(({ key }) => key)).toEqual(['a', 'b']);
  takes = false;
  wake();
  await nextTurn();
  takes = true;
  book.take([told(2, [standing('b', 2)])]);
  wake();
  await nextTurn();
  expect(saved).toEqual([[2, ['b', 'a'], true]]);
  book.take([told(3, [standing('a', 3)])]);
  await book.close(7, 2, true); // of another attempt
  expect(book.progress(7)?.stepsPerSecond).toBe(3);
  await book.close(7, 1, true);
  expect(saved.slice(1)).toEqual([[3, ['a'], false]]);
  expect(book.progress(7)).toBe(null);
});
