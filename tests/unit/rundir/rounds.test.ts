import { expect, test } from 'vitest';
import type { Clock } from '../../../src/daemon/clock.js';
import type { Look } from '../../../src/daemon/rundir/look.js';
import { Rounds } from '../../../src/daemon/rundir/rounds.js';

/** A clock that moves when it is told to. */
function handClock(): Clock & { set(at: number): void } {
  let time = 1_000_000;
  let due: { at: number; wake: () => void }[] = [];
  return {
    now: () => time,
    at(at, wake) {
      const one = { at, wake };
      due.push(one);
      return () => {
        due = due.filter((other) => other !== one);
      };
    },
    set(at) {
      time = at;
      const ripe = due.filter((one) => one.at <= at);
      due = due.filter((one) => one.at > at);
      for (const { wake } of ripe) wake();
    },
  };
}

/** Lets everything go on that waits for no clock. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Rounds on such a clock, and the looks of all that was asked for. */
function setUp() {
  const clock = handClock();
  const rounds = new Rounds(clock);
  const looks: Look[] = [];
  const ask = (): Promise<void> =>
    rounds.ask(async (look) => {
      looks.push(look);
    });
  return { clock, rounds, looks, ask };
}

test('the look comes when nothing has started for a while, one for all that started shortly after each other', async () => {
  const { clock, looks, ask } = setUp();
  const first = ask();
  clock.set(1_000_299);
  const second = ask();
  clock.set(1_000_598);
  await settle();
  expect(looks).toHaveLength(0);
  clock.set(1_000_599);
  await Promise.all([first, second]);
  await settle();
  expect(looks).toHaveLength(2);
  expect(looks[0]).toBe(looks[1]);
  const third = ask();
  clock.set(1_000_899);
  await third;
  expect(looks[2]).not.toBe(looks[0]);
});

test('starts without a pause do not put it off for ever', async () => {
  const { clock, looks, ask } = setUp();
  const all: Promise<void>[] = [];
  for (let at = 0; at < 10_000; at += 200) {
    clock.set(1_000_000 + at);
    all.push(ask());
  }
  await settle();
  expect(looks).toHaveLength(0);
  clock.set(1_010_000);
  await Promise.all(all);
  expect(new Set(looks).size).toBe(1);
});

test('what is asked for during a round is looked at anew, and a failure stops nothing', async () => {
  const { clock, rounds, looks, ask } = setUp();
  let later: Promise<void> | null = null;
  const first = rounds.ask(async (look) => {
    looks.push(look);
    later = ask();
    throw new Error('no look');
  });
  clock.set(1_000_300);
  await first;
  await settle();
  clock.set(1_000_600);
  await later;
  expect(looks).toHaveLength(2);
  expect(looks[0]).not.toBe(looks[1]);
});

test('a clock that went back delays nothing', async () => {
  const { clock, ask } = setUp();
  const first = ask();
  clock.set(1_000_300);
  await first;
  await settle();
  clock.set(5);
  const second = ask();
  clock.set(305);
  await second;
});
