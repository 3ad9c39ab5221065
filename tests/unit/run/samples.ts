import type { RunEvent } from '../../../src/daemon/run/lifecycle.js';
import type { ExitRecord, Outcome } from '../../../src/daemon/run/outcome.js';
import type { LiveAttempt, Phase, Run } from '../../../src/daemon/run/run.js';
import { STOP_REASONS } from '../../../src/daemon/run/stop.js';

export const NOW = 1_000_000;

export const live: LiveAttempt = { attemptId: 'a', claimedAt: NOW, resumedFrom: null };

const BASE = {
  id: 7,
  ulid: 'u',
  attempt: 1,
  failures: 0,
  retries: 0,
  startFailures: 0,
  streak: null,
  resume: { from: 'newest' },
} as const;

type Part = Partial<Pick<Run, 'attempt' | 'failures' | 'retries' | 'startFailures' | 'streak' | 'resume'>>;

export const runIn = (phase: Phase, part: Part = {}): Run => ({ ...BASE, ...part, ...phase });

/** A running attempt that came from a checkpoint and began `agoMs` before NOW. */
export const runningFrom = (from: string | null, agoMs: number, part: Part = {}) => {
  const attempt = { ...live, claimedAt: NOW - agoMs, resumedFrom: from };
  return { ...BASE, ...part, state: 'running' as const, live: attempt, paused: false };
};

export const outcome = (verdict: Outcome['verdict'], cause: Outcome['cause'] = 'exit'): Outcome => ({
  verdict,
  cause,
  code: null,
  signal: null,
  detail: null,
});

export const exit = (record: Partial<ExitRecord> = {}): ExitRecord => ({
  code: 0,
  signal: null,
  exec: true,
  error: null,
  errno: null,
  stop: null,
  outside: null,
  oomKills: 0,
  ...record,
});

/** One of every phase, by how the golden table calls it. */
export const PHASES: Record<string, Phase> = {
  queued: { state: 'queued', notBefore: 5 },
  held: { state: 'held', why: { code: 'user', text: 'held' } },
  starting: { state: 'starting', live },
  running: { state: 'running', live, paused: false },
  'running, paused': { state: 'running', live, paused: true },
  ...Object.fromEntries(
    STOP_REASONS.map((stop) => [`stopping for ${stop}`, { state: 'stopping', live, stop } as const]),
  ),
  succeeded: { state: 'succeeded', outcome: outcome('success'), endedAt: 5 },
  failed: { state: 'failed', outcome: outcome('failure'), endedAt: 5 },
  cancelled: { state: 'cancelled', outcome: null, endedAt: 5 },
};

const VERDICTS = [
  outcome('success'),
  outcome('cancelled', 'cancel'),
  outcome('failure'),
  outcome('refused', 'exec_refused'),
  outcome('interrupted', 'reboot'),
  outcome('not_started', 'launch_failed'),
  outcome('abandoned', 'never_started'),
  outcome('hold', 'cwd_gone'),
];

/** One of every event. */
export const EVENTS: Record<string, RunEvent> = {
  held: { kind: 'held', why: { code: 'user', text: 'held' } },
  released: { kind: 'released' },
  'claimed 2': { kind: 'claimed', attempt: 2, attemptId: 'b', resumedFrom: '/ckpt' },
  'claimed 1 again': { kind: 'claimed', attempt: 1, attemptId: 'b', resumedFrom: null },
  'claimed 3 too early': { kind: 'claimed', attempt: 3, attemptId: 'b', resumedFrom: null },
  spawned: { kind: 'spawned' },
  paused: { kind: 'paused' },
  continued: { kind: 'continued' },
  ...Object.fromEntries(
    STOP_REASONS.map((reason) => [`stopRequested ${reason}`, { kind: 'stopRequested', reason } as const]),
  ),
  ...Object.fromEntries(
    VERDICTS.map((of) => [
      `ended ${of.verdict}`,
      { kind: 'ended', attempt: 1, outcome: of, progressed: false } as const,
    ]),
  ),
  'ended of attempt 2': { kind: 'ended', attempt: 2, outcome: outcome('success'), progressed: false },
  retried: { kind: 'retried', resume: { from: 'nothing' } },
  resumed: { kind: 'resumed', resume: { from: 'chosen', what: '5' } },
};
