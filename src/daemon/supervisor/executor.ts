import type { Ending } from '../run/outcome.js';
import type { StopReason } from '../run/stop.js';
import type { AttemptOrder, RunDirectory } from '../rundir/order.js';
import type { Named } from '../rundir/prepare.js';

/** All that an attempt needs to be prepared. */
export type StartOrder = AttemptOrder;

/** What lies on disk before the claim is committed; nothing has been executed. */
export type Prepared = RunDirectory;

export interface LiveProcess {
  attemptId: string;
  shim: { pid: number; start: number };
  main: { pid: number; start: number };
  cgroup: string | null;
  /** Unix ms. */
  startedAt: number;
}

/** What the executor sees; it cannot see the queue. */
export type Fact =
  /** Once for each attempt, before its end; not again for one whose main process the database knew at recovery. */
  | { fact: 'started'; attemptId: string; process: LiveProcess }
  | {
      fact: 'ended';
      attemptId: string;
      ending: Ending;
      usage: { ranMs: number; userMs: number; systemMs: number; maxRssBytes: number } | null;
      at: number;
    }
  /** A process does not die of SIGKILL; null when that is over. */
  | { fact: 'stuck'; attemptId: string; stuck: { pid: number; wchan: string } | null }
  /** The supervisor died, the main process lives: it is watched to its end. */
  | { fact: 'supervisorLost'; attemptId: string };

/** An attempt of the database that may have processes; what recovery begins with. */
export interface Unsettled {
  attemptId: string;
  bootId: string;
  /** The stop that was under way, to be sent again. */
  stop: StopReason | null;
  paused: boolean;
  main: { pid: number; start: number } | null;
  cgroup: string | null;
}

/** Starts, watches and stops attempts on this machine. All methods return at once; facts come by callback. */
export interface Executor {
  /**
   * Makes run directory, attempt directory and spec. `named` is called once the run directory is ours, and what
   * it does goes on beside the rest; this resolves when both are done. Rejects for causes of ours, or with UserError.
   */
  prepare(order: StartOrder, named?: Named): Promise<Prepared>;
  /** After the claim is durable: hands the attempt to the launcher. */
  launch(attemptId: string): void;
  /** The claim was not committed: takes the prepared directories away. */
  discard(attemptId: string, prepared: Prepared): Promise<void>;
  /** At daemon start, for every unsettled attempt: adopts what lives, reports what ended. */
  recover(attempts: Unsettled[]): void;
  stop(attemptId: string, reason: StopReason): void;
  pause(attemptId: string): void;
  continue(attemptId: string): void;
  /** The end is committed: the attempt directory may go. */
  settled(attemptId: string): void;
  /** Lets go of everything; runs go on. */
  close(): Promise<void>;
}

export { CwdGone } from '../rundir/order.js';
