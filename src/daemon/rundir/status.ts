import type { Cause, Outcome } from '../run/outcome.js';
import { utc } from './utc.js';

export type Status = 'running' | 'success' | 'failed' | 'cancelled' | 'interrupted';
export type ExitReason =
  | 'normal'
  | 'exception'
  | 'system_exit'
  | 'signal'
  | 'timeout'
  | 'oom'
  | 'stalled'
  | 'cancelled'
  | 'preempted'
  | 'requeued'
  | 'device_lost'
  | 'reboot'
  | 'supervisor_lost'
  | 'not_started'
  | 'unknown';

/** Which attempt of which run a status is about. Times in Unix ms. */
export interface Attempted {
  runId: number;
  ulid: string;
  attempt: number;
  startedAt: number;
}

/** status.json at the start. */
export const runningStatus = (of: Attempted): string => json(of, 'running', {});

/** status.json at the end; `traceback`: the log ends in an uncaught one (see traceback.ts). */
export function endStatus(of: Attempted, outcome: Outcome, endedAt: number, traceback: boolean): string {
  return json(of, statusOf(outcome), {
    exit_reason: exitReason(outcome, traceback),
    exit_code: outcome.code,
    signal: outcome.signal,
    detail: outcome.detail,
    ended_at: utc(endedAt),
    duration_s: Math.max(0, endedAt - of.startedAt) / 1000,
  });
}

function json(of: Attempted, status: Status, end: Record<string, unknown>): string {
  const fields = {
    v: 1,
    run_id: of.runId,
    ulid: of.ulid,
    attempt: of.attempt,
    status,
    exit_reason: null,
    exit_code: null,
    signal: null,
    detail: null,
    started_at: utc(of.startedAt),
    ended_at: null,
    duration_s: null,
    ...end,
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

export function statusOf({ verdict }: Outcome): Exclude<Status, 'running'> {
  switch (verdict) {
    case 'success':
      return 'success';
    case 'cancelled':
      return 'cancelled';
    case 'failure':
    case 'refused':
      return 'failed';
    case 'interrupted':
    case 'not_started':
    case 'abandoned':
    case 'hold':
      return 'interrupted';
  }
  verdict satisfies never;
}

const REASONS = {
  done: 'normal',
  signal: 'signal',
  exec_refused: 'not_started',
  launch_failed: 'not_started',
  never_started: 'not_started',
  cwd_gone: 'not_started',
  reboot: 'reboot',
  supervisor_lost: 'supervisor_lost',
  requeue_exit: 'requeued',
  killed_from_outside: 'signal',
  terminated_from_outside: 'signal',
  out_of_memory: 'oom',
  cancel: 'cancelled',
  timeout: 'timeout',
  overMemory: 'oom',
  stall: 'stalled',
  deviceLost: 'device_lost',
  preempt: 'preempted',
  drain: 'requeued',
} as const satisfies Record<Exclude<Cause, 'exit'>, ExitReason>;

export function exitReason({ cause, code }: Outcome, traceback: boolean): ExitReason {
  if (cause !== 'exit') return REASONS[cause];
  if (code === 0) return 'normal';
  if (code === null) return 'unknown';
  return traceback ? 'exception' : 'system_exit';
}
