import { interrupts, type StopReason } from './stop.js';

/** The supervisor's record of how the main process ended (native/PROTOCOL.md). */
export interface ExitRecord {
  code: number | null;
  /** e.g. `SIGKILL` */
  signal: string | null;
  /** Whether exec happened; if not, `error` names the step that failed and `errno` the cause. */
  exec: boolean;
  error: string | null;
  errno: string | null;
  /** The strongest stop that was delivered before the main process ended. */
  stop: StopReason | null;
  /** Signal by which the supervisor itself was told to terminate (shutdown, logout). */
  outside: string | null;
  oomKills: number;
}

/** What was seen at the end of an attempt. */
export type Ending =
  | { seen: 'exit'; record: ExitRecord; done: boolean }
  /** No process was ever started, for a cause of ours. */
  | { seen: 'launchFailed'; cause: string }
  /** The daemon died between claim and start: provably never executed. */
  | { seen: 'neverStarted' }
  | { seen: 'reboot' }
  /** `stop`: the one that was delivered, by the daemon in the supervisor's place. */
  | { seen: 'supervisorLost'; stop?: StopReason }
  /** The working directory is gone: nothing was executed. */
  | { seen: 'cwdGone'; cwd: string };

export type Cause =
  | 'exit'
  | 'done'
  | 'signal'
  | 'exec_refused'
  | 'launch_failed'
  | 'never_started'
  | 'cwd_gone'
  | 'reboot'
  | 'supervisor_lost'
  | 'requeue_exit'
  | 'killed_from_outside'
  | 'terminated_from_outside'
  | 'out_of_memory'
  | StopReason;

/** How an attempt ended, and what that means for the run. */
export interface Outcome {
  verdict:
    | 'success'
    | 'cancelled'
    | 'failure'
    | 'refused'
    | 'interrupted'
    | 'not_started'
    | 'abandoned'
    | 'hold';
  cause: Cause;
  code: number | null;
  signal: string | null;
  /** errno, directory or step, where it explains the cause. */
  detail: string | null;
}

/** Whether there was an attempt at all, beyond the daemon's own part of it. */
export const wasExecuted = ({ verdict }: Outcome): boolean =>
  verdict !== 'not_started' && verdict !== 'abandoned' && verdict !== 'hold';

/** sysexits.h EX_TEMPFAIL: the conventional "please run me again". */
export const REQUEUE_EXIT = 75;

/** The table "How an attempt ends": the first row that holds. */
export function judge(ending: Ending, requeueExits: readonly number[]): Outcome {
  switch (ending.seen) {
    case 'launchFailed':
      return bare('not_started', 'launch_failed', ending.cause);
    case 'neverStarted':
      return bare('abandoned', 'never_started');
    case 'reboot':
      return bare('interrupted', 'reboot');
    case 'supervisorLost':
      return lost(ending.stop);
    case 'cwdGone':
      return bare('hold', 'cwd_gone', ending.cwd);
    case 'exit':
      return judgeExit(ending.record, ending.done, requeueExits);
  }
  ending satisfies never;
}

function judgeExit(exit: ExitRecord, done: boolean, requeueExits: readonly number[]): Outcome {
  const end = (verdict: Outcome['verdict'], cause: Cause, detail: string | null = null): Outcome => ({
    verdict,
    cause,
    code: exit.code,
    signal: exit.signal,
    detail,
  });
  if (!exit.exec) return unexecuted(exit, end);
  if (done && exit.code === 0) return end('success', 'done');
  if (exit.stop === 'cancel') return end('cancelled', 'cancel');
  if (exit.stop !== null) return end(interrupts(exit.stop) ? 'interrupted' : 'failure', exit.stop);
  if (exit.outside !== null) return end('interrupted', 'terminated_from_outside', exit.outside);
  if (exit.code === 0) return end('success', 'exit');
  if (exit.code === REQUEUE_EXIT || (exit.code !== null && requeueExits.includes(exit.code)))
    return end('interrupted', 'requeue_exit');
  if (exit.signal === 'SIGKILL')
    return exit.oomKills > 0 ? end('failure', 'out_of_memory') : end('interrupted', 'killed_from_outside');
  return end('failure', exit.signal === null ? 'exit' : 'signal');
}

/** A stop may have come before exec; otherwise exec was refused by the system, or the cause is ours. */
function unexecuted(
  exit: ExitRecord,
  end: (verdict: Outcome['verdict'], cause: Cause, detail?: string | null) => Outcome,
): Outcome {
  if (exit.error === null && exit.stop === 'cancel') return end('cancelled', 'cancel');
  if (exit.error === null && exit.stop !== null) return end('interrupted', exit.stop);
  if (exit.error === 'chdir') return end('hold', 'cwd_gone', exit.errno);
  if (exit.error === 'exec') return end('refused', 'exec_refused', exit.errno);
  return end('not_started', 'launch_failed', [exit.error, exit.errno].filter(Boolean).join(': ') || null);
}

function lost(stop: StopReason | undefined): Outcome {
  if (stop === undefined) return bare('interrupted', 'supervisor_lost');
  if (stop === 'cancel') return bare('cancelled', 'cancel', 'supervisor lost');
  return bare(interrupts(stop) ? 'interrupted' : 'failure', stop, 'supervisor lost');
}

const bare = (verdict: Outcome['verdict'], cause: Cause, detail: string | null = null): Outcome => ({
  verdict,
  cause,
  code: null,
  signal: null,
  detail,
});

/** execve(2), in the words of who typed the command. */
const EXEC_REFUSALS: Readonly<Record<string, string>> = {
  ENOENT: 'no such program, or no such interpreter behind its #! (ENOENT)',
  EACCES: 'not executable (EACCES)',
  ENOEXEC: 'neither a program for this machine nor a script with #! (ENOEXEC)',
};

/** One line for people, without a full stop. */
export function describe(outcome: Outcome): string {
  const { cause, code, signal, detail } = outcome;
  const how = signal ?? (code === null ? (detail ?? 'exit status unknown') : `exit ${code}`);
  switch (cause) {
    case 'exit':
      return `exit ${code}`;
    case 'done':
      return 'done';
    case 'signal':
      return `${signal}`;
    case 'exec_refused':
      return `could not be executed: ${EXEC_REFUSALS[detail ?? ''] ?? detail ?? how}`;
    case 'launch_failed':
      return `could not be started: ${detail ?? 'unknown cause'}`;
    case 'never_started':
      return 'never started: the daemon ended first';
    case 'cwd_gone':
      return `working directory is gone: ${detail ?? ''}`;
    case 'reboot':
      return 'interrupted by reboot';
    case 'supervisor_lost':
      return 'supervisor lost';
    case 'requeue_exit':
      return `asked to be run again (exit ${code})`;
    case 'killed_from_outside':
      return 'SIGKILL from outside';
    case 'terminated_from_outside':
      return `told to terminate from outside (${detail}, ${how})`;
    case 'out_of_memory':
      return 'out of memory';
    case 'cancel':
      return `cancelled (${how})`;
    case 'timeout':
      return `timed out (${how})`;
    case 'overMemory':
      return `over its memory (${how})`;
    case 'stall':
      return `stalled (${how})`;
    case 'deviceLost':
      return `device lost (${how})`;
    case 'preempt':
      return `preempted (${how})`;
    case 'drain':
      return `stopped to drain (${how})`;
  }
  cause satisfies never;
}

/** Linux signal numbers, as far as a wait status can show them (signal(7)). */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGPOLL: 29,
  SIGPWR: 30,
  SIGSYS: 31,
};

/** The exit code that waiting verbs pass on for a final run: its own, 128+N, 124 timed out, 130 cancelled. */
export function resultCode(state: 'succeeded' | 'failed' | 'cancelled', outcome: Outcome | null): number {
  if (state === 'cancelled') return 130;
  if (state === 'succeeded') return 0;
  if (outcome === null) return 125;
  if (outcome.cause === 'timeout') return 124;
  if (outcome.signal !== null) return 128 + (SIGNAL_NUMBERS[outcome.signal] ?? realtime(outcome.signal));
  return outcome.code ?? 125;
}

/** `SIGRTMIN+3` → 37. */
const realtime = (signal: string): number => 34 + Number(/^SIGRTMIN\+?(\d*)$/.exec(signal)?.[1] || 0);
