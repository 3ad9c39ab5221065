import { describe, expect, test } from 'vitest';
import { barLine, stoppage } from '../../src/client/sweep-progress.js';
import { type Reason, Run, RunState } from '../../src/gen/expd/v1/runs.js';
import { of } from '../helpers/message.js';

const { RUN_STATE_QUEUED: QUEUED, RUN_STATE_HELD: HELD, RUN_STATE_RUNNING: RUNNING } = RunState;
const { RUN_STATE_SUCCEEDED: SUCCEEDED, RUN_STATE_FAILED: FAILED } = RunState;

const jobs = (...states: (readonly [RunState, Reason?])[]): Run[] =>
  states.map(([state, reason], job) => of(Run, { id: job + 1, sweepId: 4, job, state, reason }));
const full: Reason = { code: 'no_free_slot', text: 'no free slot: 1 of 1 in use by run 3' };
const tripped: Reason = { code: 'sweep_failures', text: '2 jobs of sweep s4 have failed' };

describe('what is said of a sweep that does not move', () => {
  test.each<[string, Run[], string | null]>([
    ['one runs', jobs([RUNNING], [QUEUED, full]), null],
    ['all are over', jobs([SUCCEEDED], [FAILED]), null],
    ['the next starts in a moment', jobs([QUEUED, { code: 'next', text: 'next' }]), null],
    ['all wait', jobs([SUCCEEDED], [QUEUED, full], [HELD, tripped]), `sweep s4 waits: ${full.text}`],
    ['all are held', jobs([FAILED], [HELD, tripped]), `sweep s4 is held: ${tripped.text}; expctl release s4`],
  ])('%s', (_, runs, text) => {
    expect(stoppage(4, runs)?.text ?? null).toBe(text);
  });

  test('the same reason with another run in it is not said again', () => {
    const other = { ...full, text: 'no free slot: 1 of 1 in use by run 9' };
    expect(stoppage(4, jobs([QUEUED, other]))?.key).toBe(stoppage(4, jobs([QUEUED, full]))?.key);
  });
});

test('the bar is full when all are over, and not before', () => {
  expect(barLine([4], jobs([RUNNING], [QUEUED], [QUEUED]))).toBe(
    's4  ░░░░░░░░░░░░░░░░░░░░  0/3 done: 1 running, 2 queued',
  );
  expect(barLine([4], jobs([SUCCEEDED], [FAILED], [QUEUED]))).toBe(
    's4  █████████████░░░░░░░  2/3 done: 1 failed, 1 queued',
  );
  expect(barLine([4, 5], jobs([SUCCEEDED], [SUCCEEDED]))).toBe('2 sweeps  ████████████████████  2/2 done');
});
