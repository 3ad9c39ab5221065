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

test('the first look is at once, those that are asked for soon after share the next one', async () => {
  const clock = handClock();
  const rounds = new Rounds(clock);
  const looks: Look[] = [];
  const ask = (): Promise<void> =>
    rounds.ask(async (look) => {
      looks.push(look);
    });
  await ask();
  expect(looks).toHaveLength(1);
  const both = Promise.all([ask(), ask()]);
  await settle();
  expect(looks).toHaveLength(1);
  clock.set(1_000_999);
  await settle();
  expect(looks).toHaveLength(1);
  clock.set(1_001_000);
  await both;
  expect(looks).toHaveLength(3);
  expect(looks[1]).toBe(looks[2]);
  expect(looks[1]).not.toBe(looks[0]);
});

test('what is asked for during a round is looked at anew, and a failure stops nothing', async () => {
  const clock = handClock();
  const rounds = new Rounds(clock);
  const looks: Look[] = [];
  let later: Promise<void> | null = null;
  await rounds.ask(async (look) => {
    looks.push(look);
    later = rounds.ask(async (other) => {
      looks.push(other);
    });
    throw new Error('no look');
  });
  await settle();
  clock.set(1_001_000);
  await later;
  expect(looks).toHaveLength(2);
  expect(looks[0]).not.toBe(looks[1]);
});

test('a clock that went back delays nothing', async () => {
  const clock = handClock();
  const rounds = new Rounds(clock);
  await rounds.ask(async () => {});
  clock.set(5);
  await rounds.ask(async () => {});
});
