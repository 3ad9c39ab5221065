import type { HParam, SessionEnd } from '../../tensorboard/tensorboard.js';
import type { ToldLine } from '../metrics/metrics-line.js';
import type { CurveBatch, CurveQuery } from './curve-reading.js';
import type { TailProgress, TrackedAttempt } from './metrics-tail.js';

// Between the daemon and its thread for metrics. Plain data.

/**
 * Shared by both, so that exactly one of them decides whether a marker is written before an attempt starts, or never:
 * one written while the attempt logs would supersede what it logs.
 */
export const TURN = { waits: 0, taken: 1, passed: 2 } as const;

export const newTurn = (): Int32Array => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Whether it still waited. */
export const decideTurn = (turn: Int32Array, as: 'taken' | 'passed'): boolean =>
  Atomics.compareExchange(turn, 0, TURN.waits, TURN[as]) === TURN.waits;

/** Where a curve goes on. */
export interface GoOn {
  root: string;
  /** The first step of the attempt that is about to start; null: nobody can tell, so that nothing is superseded. */
  step: number | null;
  /** What was logged until then stays in any case (Unix seconds), since `step` may be of something else; null: it is not. */
  savedAt: number | null;
  fileMode: number;
}

/** A run is over for good. */
export interface Over {
  root: string;
  fileMode: number;
  hparams: { values: Readonly<Record<string, HParam>>; group: string };
  end: SessionEnd;
}

export type ToTracker =
  | { say: 'track'; attempt: TrackedAttempt }
  /** All its processes are gone. Answered by `finished`. */
  | { say: 'finish'; attemptId: string }
  /** No process writes there now. Answered by `done`, unless `turn` has passed. */
  | { say: 'goOn'; ticket: number; where: GoOn; turn: Int32Array }
  | { say: 'over'; ticket: number; over: Over }
  | { say: 'read'; reading: number; root: string; query: CurveQuery }
  /** Answered by `batch`. */
  | { say: 'next'; reading: number }
  | { say: 'drop'; reading: number }
  /** Answered by `closed`. */
  | { say: 'close' };

export type FromTracker =
  | { say: 'progress'; progress: TailProgress[] }
  | { say: 'told'; attemptId: string; line: ToldLine }
  /** Every line of it is taken; or all but those for which there was no room (`left`): then `settled` comes later. */
  | { say: 'finished'; attemptId: string; left: boolean }
  /** `last`: what was left is taken, and nothing has begun there since. */
  | { say: 'settled'; attemptId: string; last: boolean }
  /** `warning`: what is wrong with the curve all the same. */
  | { say: 'done'; ticket: number; warning: string | null }
  | { say: 'batch'; reading: number; batch: CurveBatch }
  /** Somebody reads there, and there is more. */
  | { say: 'news'; root: string }
  /** A bug: the attempt is followed no more. */
  | { say: 'lost'; attemptId: string; stack: string }
  | { say: 'closed' };
