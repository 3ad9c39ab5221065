import type { Outcome } from './outcome.js';
import type { StopReason } from './stop.js';

/** Every state a run can be in; the last three are final. */
export const RUN_STATES = [
  'queued',
  'held',
  'starting',
  'running',
  'stopping',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type RunState = (typeof RUN_STATES)[number];
export type FinalState = 'succeeded' | 'failed' | 'cancelled';

/** States in which an attempt may have a living process. */
export const LIVE_STATES = ['starting', 'running', 'stopping'] as const satisfies readonly RunState[];
export type LiveState = (typeof LIVE_STATES)[number];

export const isFinal = (state: RunState): state is FinalState =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';
export const isLive = (state: RunState): state is LiveState =>
  state === 'starting' || state === 'running' || state === 'stopping';

/** Why a run is held: `code` for programs, `text` for people. */
export interface HoldReason {
  code: 'user' | 'cwd_gone' | 'start_failed' | 'poison' | 'spec_corrupt' | 'sweep_failures' | 'config_drift';
  text: string;
}

/**
 * Ends of the same kind, one after the other: what tells a run that makes no
 * progress from one that was merely unlucky.
 */
export interface Streak {
  kind: 'failure' | 'interruption';
  /** Checkpoint that the attempts resumed from; null = from the start, or the last one wrote over it. */
  from: string | null;
  /** Ends in a row of this kind from this checkpoint. */
  count: number;
  /** Of an interruption: how many in a row came within ten minutes of the start, without a new checkpoint. */
  quick: number;
}

/**
 * What the next attempt starts from. `newest` looks at the attempts from number `since` on (all without it):
 * after a fresh start, or one from a chosen checkpoint, older ones are another line. `base` is that choice.
 */
export type ResumeChoice =
  | { from: 'newest'; since?: number; base?: string }
  | { from: 'nothing' }
  | { from: 'chosen'; what: string };

interface RunBase {
  id: number;
  ulid: string;
  /** Number of the newest attempt, 0 before the first. It only grows: the fencing token. */
  attempt: number;
  /** Failures that count against `retries`. */
  failures: number;
  retries: number;
  /** Starts in a row that never reached exec for causes of ours. */
  startFailures: number;
  streak: Streak | null;
  resume: ResumeChoice;
}

/** What a state carries. Times are Unix milliseconds. */
export type Phase =
  | { state: 'queued'; notBefore: number | null }
  | { state: 'held'; why: HoldReason }
  | { state: 'starting'; live: LiveAttempt }
  | { state: 'running'; live: LiveAttempt; paused: boolean }
  | { state: 'stopping'; live: LiveAttempt; stop: StopReason }
  | { state: FinalState; outcome: Outcome | null; endedAt: number };

/** The attempt under way. */
export interface LiveAttempt {
  attemptId: string;
  claimedAt: number;
  resumedFrom: string | null;
}

/** A run as the state machine sees it; names, tags and the like are the store's. */
export type Run = RunBase & Phase;

/** Priority, limits and labels a user may still change; see `expctl edit`. */
export const PRIORITY_MIN = -100;
export const PRIORITY_MAX = 100;
