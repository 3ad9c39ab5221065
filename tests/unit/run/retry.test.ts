import { expect, test } from 'vitest';
import { type RunEvent, transition } from '../../../src/daemon/run/lifecycle.js';
import type { Outcome } from '../../../src/daemon/run/outcome.js';
import type { Run } from '../../../src/daemon/run/run.js';
import { NOW, outcome, runIn, runningFrom } from './samples.js';

const QUICK = 9 * 60_000;
const LONG = 11 * 60_000;

interface Attempt {
  from?: string | null;
  lasted?: number;
  progressed?: boolean;
  overwrote?: boolean;
}

/** The run after attempts that all ended like this, one after the other; stops at the first that is not queued again. */
function after(ended: Outcome, attempts: Attempt[], retries = 0): { run: Run; attempts: number } {
  let run: Run = runIn({ state: 'queued', notBefore: null }, { attempt: 0, retries });
  let time = NOW;
  let count = 0;
  for (const { from = null, lasted = LONG, progressed = false, overwrote = false } of attempts) {
    count++;
    const steps: RunEvent[] = [
      { kind: 'claimed', attempt: count, attemptId: `a${count}`, resumedFrom: from },
      { kind: 'spawned' },
      { kind: 'ended', attempt: count, outcome: ended, progressed, overwrote },
    ];
    for (const step of steps) {
      if (step.kind === 'ended') time += lasted;
      run = transition(run, step, time);
    }
    if (run.state !== 'queued') break;
  }
  return { run, attempts: count };
}
const times = (count: number, attempt: Attempt = {}): Attempt[] =>
  Array.from({ length: count }, () => attempt);
const failure = outcome('failure');
const reboot = outcome('interrupted', 'reboot');

test('--retries N means N, without any checkpoint', () => {
  for (const retries of [0, 1, 2, 5]) {
    const { run, attempts } = after(failure, times(20), retries);
    expect(run).toMatchObject({ state: 'failed', failures: retries + 1 });
    expect(attempts).toBe(retries + 1);
  }
});

test('retries wait 10 s, doubling, at most 10 minutes', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 7, 20].map((failures) => {
    const run = transition(
      runningFrom(null, LONG, { failures, retries: 99 }),
      { kind: 'ended', attempt: 1, outcome: failure, progressed: false },
      NOW,
    );
    return run.state === 'queued' ? ((run.notBefore ?? 0) - NOW) / 1000 : run.state;
  });
  expect(waits).toEqual([10, 20, 40, 80, 160, 320, 600, 600, 600]);
});

test('two failures in a row from the same checkpoint fail the run, and say so', () => {
  const { run, attempts } = after(failure, times(9, { from: '/ckpt/5' }), 9);
  expect(attempts).toBe(2);
  expect(run).toMatchObject({
    state: 'failed',
    outcome: { detail: 'failed 2 times from the same checkpoint' },
  });
});

test('failures from different checkpoints are progress', () => {
  const { run } = after(failure, [{ from: null }, { from: '/5' }, { from: '/9' }, { from: '/5' }], 9);
  expect(run).toMatchObject({ state: 'queued', failures: 4, streak: { count: 1, from: '/5' } });
});

test('a checkpoint that was written over is another point under the same name', () => {
  const gained = { from: '/out/ckpt.pt', progressed: true, overwrote: true };
  expect(after(failure, times(6, gained), 9).run).toMatchObject({ state: 'queued', failures: 6 });
  expect(after(reboot, times(20, { ...gained, lasted: QUICK })).run).toMatchObject({ state: 'queued' });
  const stuck = { from: '/out/ckpt.pt' };
  expect(after(failure, [gained, gained, stuck, stuck, stuck], 9)).toMatchObject({
    attempts: 4,
    run: { state: 'failed' },
  });
});

test('an interruption between two failures ends their row', () => {
  const first = after(failure, [{ from: '/5' }], 9).run;
  const second = transition(
    {
      ...first,
      state: 'running',
      live: { attemptId: 'x', claimedAt: NOW, resumedFrom: '/5' },
      paused: false,
    },
    { kind: 'ended', attempt: 1, outcome: reboot, progressed: false },
    NOW + LONG,
  );
  expect(second).toMatchObject({ state: 'queued', failures: 1, streak: { kind: 'interruption', count: 1 } });
});

test('three quick interruptions without a checkpoint hold the run', () => {
  const { run, attempts } = after(reboot, times(9, { lasted: QUICK }));
  expect(attempts).toBe(3);
  expect(run).toMatchObject({ state: 'held', why: { code: 'poison' }, failures: 0 });
});

test('a checkpoint, or ten minutes, end the row of quick interruptions', () => {
  const quick = { lasted: QUICK };
  const saved = after(reboot, [
    quick,
    quick,
    { ...quick, progressed: true },
    { ...quick, from: '/1' },
    { ...quick, from: '/1' },
  ]);
  expect(saved.run).toMatchObject({ state: 'queued', streak: { quick: 2 } });
  const lasted = after(reboot, [
    quick,
    quick,
    { from: '/1' },
    { ...quick, from: '/2' },
    { ...quick, from: '/2' },
  ]);
  expect(lasted.run).toMatchObject({ state: 'queued', streak: { quick: 2 } });
});

test('five interruptions from the same point hold the run, however long they lasted', () => {
  const { run, attempts } = after(reboot, times(9, { from: '/5' }));
  expect(attempts).toBe(5);
  expect(run).toMatchObject({ state: 'held', why: { code: 'poison' } });
});

test.each(['preempt', 'drain'] as const)('%s is not counted', (cause) => {
  const { run } = after(outcome('interrupted', cause), times(20, { lasted: 1000 }));
  expect(run).toMatchObject({ state: 'queued', streak: null, failures: 0, notBefore: null });
});

test.each([
  'stall',
  'deviceLost',
  'requeue_exit',
  'killed_from_outside',
  'terminated_from_outside',
  'supervisor_lost',
] as const)('%s is an interruption that is counted, and costs no retry', (cause) => {
  expect(after(outcome('interrupted', cause), times(2)).run).toMatchObject({
    state: 'queued',
    failures: 0,
    notBefore: null,
    streak: { kind: 'interruption', count: 2 },
  });
});

test('starts that fail for causes of ours wait 1, 5, 30, 120 s; the fifth in a row holds the run', () => {
  const waits = [0, 1, 2, 3, 4].map((startFailures) => {
    const run = transition(
      runningFrom(null, 0, { startFailures }),
      { kind: 'ended', attempt: 1, outcome: outcome('not_started', 'launch_failed'), progressed: false },
      NOW,
    );
    return run.state === 'queued'
      ? ((run.notBefore ?? 0) - NOW) / 1000
      : run.state === 'held' && run.why.code;
  });
  expect(waits).toEqual([1, 5, 30, 120, 'start_failed']);
});

test('a start that reached exec ends the row of failed starts', () => {
  for (const ended of [failure, reboot, outcome('interrupted', 'drain')])
    expect(
      transition(
        runningFrom(null, LONG, { startFailures: 4, retries: 5 }),
        { kind: 'ended', attempt: 1, outcome: ended, progressed: false },
        NOW,
      ).startFailures,
    ).toBe(0);
});

test('a claim that was never executed is queued again at once and counted nowhere', () => {
  expect(after(outcome('abandoned', 'never_started'), times(20)).run).toMatchObject({
    state: 'queued',
    notBefore: null,
    failures: 0,
    startFailures: 0,
    streak: null,
  });
});

test('who cancelled gets no other attempt, however this one ended', () => {
  const stopping = {
    ...runningFrom('/5', QUICK, { retries: 9 }),
    state: 'stopping' as const,
    stop: 'cancel' as const,
  };
  const end = (ended: Outcome) =>
    transition(stopping, { kind: 'ended', attempt: 1, outcome: ended, progressed: false }, NOW).state;
  expect(end(reboot)).toBe('cancelled');
  expect(end(failure)).toBe('cancelled');
  expect(end(outcome('not_started', 'launch_failed'))).toBe('cancelled');
  expect(end(outcome('hold', 'cwd_gone'))).toBe('cancelled');
  expect(end(outcome('success'))).toBe('succeeded');
});

test('exec refused fails at once, retries or not', () => {
  const { run, attempts } = after(outcome('refused', 'exec_refused'), times(5), 5);
  expect(attempts).toBe(1);
  expect(run).toMatchObject({ state: 'failed', failures: 0 });
});
