import { type Outcome, wasExecuted } from './outcome.js';
import type { Gain } from './resume.js';
import { afterEnd } from './retry.js';
import type { HoldReason, LiveAttempt, ResumeChoice, Run } from './run.js';
import { type StopReason, strongerStop } from './stop.js';

/** Everything that can happen to a run after its submission. */
export type RunEvent =
  | { kind: 'held'; why: HoldReason }
  | { kind: 'released' }
  | { kind: 'claimed'; attempt: number; attemptId: string; resumedFrom: string | null }
  | { kind: 'spawned' }
  | { kind: 'paused' }
  | { kind: 'continued' }
  | { kind: 'stopRequested'; reason: StopReason }
  | ({ kind: 'ended'; attempt: number; outcome: Outcome } & Gain)
  | { kind: 'retried'; resume: ResumeChoice }
  | { kind: 'resumed'; resume: ResumeChoice };

/** A pair of state and event that must not occur: whoever caused it did not look first. */
export class IllegalTransition extends Error {
  constructor(
    readonly run: Run,
    readonly event: RunEvent,
    why = 'not allowed',
  ) {
    super(`run ${run.id}: ${event.kind} in state ${run.state}: ${why}`);
  }
}

/**
 * The life of a run, whole. Pure: the run after the event; `now` in Unix ms.
 * Throws IllegalTransition for every pair that tests/golden/lifecycle.txt does not list.
 */
export function transition(run: Run, event: RunEvent, now: number): Run {
  switch (event.kind) {
    case 'held':
      if (run.state !== 'queued') throw new IllegalTransition(run, event);
      return { ...base(run), state: 'held', why: event.why };
    case 'released':
      if (run.state !== 'held') throw new IllegalTransition(run, event);
      return { ...fresh(base(run)), state: 'queued', notBefore: null };
    case 'claimed':
      return claimed(run, event, now);
    case 'spawned':
      if (run.state === 'stopping') return run;
      if (run.state !== 'starting') throw new IllegalTransition(run, event);
      return { ...base(run), state: 'running', live: run.live, paused: false };
    case 'paused':
    case 'continued':
      if (run.state !== 'running') throw new IllegalTransition(run, event);
      return { ...run, paused: event.kind === 'paused' };
    case 'stopRequested':
      return stopRequested(run, event, now);
    case 'ended':
      return ended(run, event, now);
    case 'retried':
      if (run.state !== 'failed' && run.state !== 'cancelled') throw new IllegalTransition(run, event);
      return {
        ...fresh(base(run)),
        resume: asked(run.resume, event.resume),
        state: 'queued',
        notBefore: null,
      };
    case 'resumed':
      if (run.state !== 'failed' && run.state !== 'cancelled' && run.state !== 'succeeded')
        throw new IllegalTransition(run, event);
      return {
        ...fresh(base(run)),
        resume: asked(run.resume, event.resume),
        state: 'queued',
        notBefore: null,
      };
  }
  event satisfies never;
}

function claimed(run: Run, event: Extract<RunEvent, { kind: 'claimed' }>, now: number): Run {
  if (run.state !== 'queued') throw new IllegalTransition(run, event);
  if (event.attempt !== run.attempt + 1)
    throw new IllegalTransition(run, event, `attempt ${event.attempt} after ${run.attempt}`);
  const live: LiveAttempt = { attemptId: event.attemptId, claimedAt: now, resumedFrom: event.resumedFrom };
  return { ...base(run), attempt: event.attempt, state: 'starting', live };
}

function stopRequested(run: Run, event: Extract<RunEvent, { kind: 'stopRequested' }>, now: number): Run {
  switch (run.state) {
    case 'queued':
    case 'held':
      if (event.reason !== 'cancel') throw new IllegalTransition(run, event);
      return { ...base(run), state: 'cancelled', outcome: null, endedAt: now };
    case 'starting':
    case 'running':
      return { ...base(run), state: 'stopping', live: run.live, stop: event.reason };
    case 'stopping':
      return { ...run, stop: strongerStop(run.stop, event.reason) };
    default:
      throw new IllegalTransition(run, event);
  }
}

function ended(run: Run, event: Extract<RunEvent, { kind: 'ended' }>, now: number): Run {
  if (run.state !== 'starting' && run.state !== 'running' && run.state !== 'stopping')
    throw new IllegalTransition(run, event);
  if (event.attempt !== run.attempt)
    throw new IllegalTransition(run, event, `attempt ${event.attempt} is not ${run.attempt}`);
  const next = afterEnd(run, event, now);
  const after = { ...base(run), resume: resumeAfter(run, event.outcome) };
  switch (next.to) {
    case 'queued': {
      const { notBefore, failures, startFailures, streak } = next;
      return { ...after, failures, startFailures, streak, state: 'queued', notBefore };
    }
    case 'held':
      return {
        ...after,
        startFailures: next.startFailures,
        streak: next.streak,
        state: 'held',
        why: next.why,
      };
    default: {
      const { to, outcome, failures, streak } = next;
      return { ...after, failures, startFailures: 0, streak, state: to, outcome, endedAt: now };
    }
  }
}

/** A choice is for one execution; later attempts go on from the newest checkpoint of that line. */
function resumeAfter({ resume, attempt }: Run, outcome: Outcome): ResumeChoice {
  if (!wasExecuted(outcome) || resume.from === 'newest') return resume;
  return { from: 'newest', since: attempt, ...(resume.from === 'chosen' && { base: resume.what }) };
}

/** Asked for the newest, a run stays in its line. */
const asked = (before: ResumeChoice, choice: ResumeChoice): ResumeChoice =>
  choice.from === 'newest' && before.from === 'newest' ? before : choice;

/** What every state has. */
function base(run: Run) {
  const { id, ulid, attempt, failures, retries, startFailures, streak, resume } = run;
  return { id, ulid, attempt, failures, retries, startFailures, streak, resume };
}

/** `retry`, `resume` and `release` forget what went wrong before. */
const fresh = <T extends object>(run: T) => ({ ...run, failures: 0, startFailures: 0, streak: null });
