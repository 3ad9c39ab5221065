import { describe, type Outcome } from './outcome.js';
import type { Gain } from './resume.js';
import type { HoldReason, Run, Streak } from './run.js';

/** What becomes of a run whose attempt ended. */
export type Next =
  | { to: 'succeeded' | 'failed' | 'cancelled'; outcome: Outcome; failures: number; streak: Streak | null }
  | { to: 'queued'; notBefore: number | null; failures: number; startFailures: number; streak: Streak | null }
  | { to: 'held'; why: HoldReason; startFailures: number; streak: Streak | null };

/** Seconds until the next start after the n-th start in a row that failed for causes of ours; the fifth holds the run. */
const START_BACKOFF_S = [1, 5, 30, 120] as const;
const RETRY_BACKOFF_S = 10;
const RETRY_BACKOFF_MAX_S = 600;
/** No wait of this policy is longer. */
export const LONGEST_BACKOFF_MS = RETRY_BACKOFF_MAX_S * 1000;
const QUICK_MS = 10 * 60_000;
const QUICK_INTERRUPTIONS = 3;
const SAME_POINT_INTERRUPTIONS = 5;
const SAME_POINT_FAILURES = 2;

export interface Ended extends Gain {
  outcome: Outcome;
}

/** The policy below the table of docs/run-contract.md, "How an attempt ends". */
export function afterEnd(
  run: Run & { live: { claimedAt: number; resumedFrom: string | null } },
  end: Ended,
  now: number,
): Next {
  const { outcome } = end;
  const cancelled = run.state === 'stopping' && run.stop === 'cancel';
  const next = byVerdict(run, end, now);
  // Who cancelled does not want another attempt, however this one ended.
  if (cancelled && (next.to === 'queued' || next.to === 'held'))
    return { to: 'cancelled', outcome, failures: run.failures, streak: run.streak };
  return next;
}

function byVerdict(
  run: Run & { live: { claimedAt: number; resumedFrom: string | null } },
  end: Ended,
  now: number,
): Next {
  const { outcome } = end;
  const { failures, streak } = run;
  switch (outcome.verdict) {
    case 'success':
      return { to: 'succeeded', outcome, failures, streak: null };
    case 'cancelled':
      return { to: 'cancelled', outcome, failures, streak };
    case 'refused':
      return { to: 'failed', outcome, failures, streak };
    case 'abandoned':
      return { to: 'queued', notBefore: null, failures, startFailures: run.startFailures, streak };
    case 'hold':
      return { to: 'held', why: { code: 'cwd_gone', text: describe(outcome) }, startFailures: 0, streak };
    case 'not_started':
      return notStarted(run, outcome, now);
    case 'interrupted':
      return interrupted(run, end, now);
    case 'failure':
      return failed(run, end, now);
  }
  outcome.verdict satisfies never;
}

function notStarted(run: Run, outcome: Outcome, now: number): Next {
  const wait = START_BACKOFF_S[run.startFailures];
  const startFailures = run.startFailures + 1;
  if (wait === undefined)
    return {
      to: 'held',
      why: { code: 'start_failed', text: `${describe(outcome)}, ${startFailures} times in a row` },
      startFailures,
      streak: run.streak,
    };
  return {
    to: 'queued',
    notBefore: now + wait * 1000,
    failures: run.failures,
    startFailures,
    streak: run.streak,
  };
}

function interrupted(
  run: Run & { live: { claimedAt: number; resumedFrom: string | null } },
  end: Ended,
  now: number,
): Next {
  const { failures } = run;
  const { cause } = end.outcome;
  if (cause === 'preempt' || cause === 'drain')
    return { to: 'queued', notBefore: null, failures, startFailures: 0, streak: run.streak };
  const before = run.streak?.kind === 'interruption' ? run.streak : null;
  const { resumedFrom: from, claimedAt } = run.live;
  const quick = now - claimedAt < QUICK_MS && !end.progressed ? (before?.quick ?? 0) + 1 : 0;
  const count = before !== null && before.from === from ? before.count + 1 : 1;
  const streak: Streak = { kind: 'interruption', from: end.overwrote ? null : from, count, quick };
  if (quick >= QUICK_INTERRUPTIONS || count >= SAME_POINT_INTERRUPTIONS)
    return { to: 'held', why: { code: 'poison', text: poison(streak) }, startFailures: 0, streak };
  return { to: 'queued', notBefore: null, failures, startFailures: 0, streak };
}

const poison = ({ quick, count }: Streak): string =>
  quick >= QUICK_INTERRUPTIONS
    ? `this run may be what takes the machine down: interrupted ${quick} times in a row soon after its start`
    : `this run may be what takes the machine down: interrupted ${count} times in a row from the same point`;

function failed(run: Run & { live: { resumedFrom: string | null } }, end: Ended, now: number): Next {
  const { outcome } = end;
  const { resumedFrom: from } = run.live;
  const before = run.streak?.kind === 'failure' && run.streak.from === from ? run.streak.count : 0;
  const streak: Streak = { kind: 'failure', from: end.overwrote ? null : from, count: before + 1, quick: 0 };
  const failures = run.failures + 1;
  const stuck = from !== null && streak.count >= SAME_POINT_FAILURES;
  if (stuck || failures > run.retries)
    return {
      to: 'failed',
      outcome: stuck
        ? { ...outcome, detail: `failed ${streak.count} times from the same checkpoint` }
        : outcome,
      failures,
      streak,
    };
  const wait = Math.min(RETRY_BACKOFF_S * 2 ** (failures - 1), RETRY_BACKOFF_MAX_S);
  return { to: 'queued', notBefore: now + wait * 1000, failures, startFailures: 0, streak };
}
