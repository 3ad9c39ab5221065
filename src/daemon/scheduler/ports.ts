import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Command, Result } from '../queue/commands.js';
import type { CurveStart, Gain, ResumePoint } from '../run/resume.js';
import type { CodeState, Dependency, Drift, Submission } from '../run/submission.js';
import type { Sweep } from '../run/sweep.js';
import type { TrackerRuns } from '../rundir/trackers.js';
import type { TakenCurves } from '../rundir/writers.js';
import type { StoredAttempt, StoredRun } from '../store/stored.js';
import type { Executor } from '../supervisor/executor.js';

export interface FoundPoint {
  point: ResumePoint | null;
  warnings: string[];
}

/** What the scheduler asks of the rest of the daemon. */
export interface Ports {
  clock: Clock;
  log: Log;
  executor: Executor;
  bootId: string;
  /** One transaction; answered after its commit. `joins`: together with what follows in a moment. */
  execute(commands: Command[], how?: { joins: boolean }): Promise<Result[]>;
  store: SchedulerStore;
  /** The checkpoint that the run's next attempt goes on from; a line for each that had to be passed over. */
  resumePoint(run: StoredRun, submission: Submission): Promise<FoundPoint>;
  /**
   * Once the claim is committed, where the attempt has an earlier one's directory: a program that looks there by itself
   * finds this checkpoint or none. Lines for the log. Never fails.
   */
  hideOthers(run: StoredRun, submission: Submission, point: ResumePoint | null): Promise<string[]>;
  /** Before its next attempt starts: its curve goes on there. A line for the log where it cannot. */
  goOn(run: StoredRun, where: CurveStart): Promise<string | null>;
  /** By what trackers go on with the run. Never fails. */
  trackers(run: StoredRun): Promise<TrackerRuns>;
  /** What a run's configuration files say otherwise than when it was submitted. */
  drifted(run: StoredRun, submission: Submission): Promise<Drifted>;
  /** Lines of ours at the head of an attempt's log. */
  annotate(log: string, lines: string[]): Promise<void>;
  /** The command runs. */
  started(attempt: StoredAttempt, run: StoredRun): void;
  /** Whether the run wrote that it is done; asked when it ended with code 0. */
  saysDone(attempt: StoredAttempt): Promise<boolean>;
  /** Asked where it did not end well. */
  gain(attempt: StoredAttempt): Promise<Gain>;
  /** Whether there are curves under the run's experiment id, which are not its own: it has never started. */
  experimentTaken(run: StoredRun): Promise<boolean>;
  /** Keeps all other daemons from the run's curves until it leaves them. @throws CwdGone */
  takeExperiment(run: StoredRun, submission: Submission): Promise<TakenCurves>;
  /** The run is over, or has never begun. Never fails. */
  leaveExperiment(run: Pick<StoredRun, 'id' | 'ulid'>): Promise<void>;
  /** Another daemon that has taken the run's curves, in words for people; null: none any more. */
  experimentElsewhere(run: StoredRun): Promise<string | null>;
  /** Moves what lies under the run's experiment id to the project's trash. */
  replaceExperiment(run: StoredRun): Promise<void>;
  /** Why a project's or the state's file system has too little room, or null. */
  lowDisk(project: string): Promise<string | null>;
  /** The end is committed: complete the run directory. */
  finished(attempt: StoredAttempt, run: StoredRun | null): Promise<void>;
}

export interface Drifted {
  drift: readonly Drift[];
  /** A line for people; null: there is none to be said. */
  text: string | null;
  /** Somebody should look before it runs. */
  hold: boolean;
}

export interface SchedulerStore {
  run(id: number): StoredRun | null;
  attempt(id: string): StoredAttempt | null;
  newestAttempt(runId: number): StoredAttempt | null;
  code(runId: number): CodeState | null;
  queued(): StoredRun[];
  dependencies(runId: number): Dependency[];
  /** null: the stored bytes are not what was acknowledged. */
  submission(runId: number): Submission | null;
  /** Runs that are not over and have had an attempt. */
  begun(): Pick<StoredRun, 'id' | 'project' | 'experimentId'>[];
  /** Runs with an attempt that has not ended. */
  live(): { run: StoredRun; attempt: StoredAttempt }[];
  groups(): { name: string; limit: number }[];
  sweep(id: number): Sweep | null;
  /** Directories that unfinished runs which have begun write their checkpoints to. */
  places(): { id: number; place: string }[];
  draining(): boolean;
}

type Refusal = Extract<Result, { ok: false }>;

/** The disk took nothing: it may later. */
export const isStorage = (
  result: Result | null | undefined,
): result is Refusal & { code: 'storage_full' | 'storage_failed' } =>
  result?.ok === false && (result.code === 'storage_full' || result.code === 'storage_failed');

const RETRY_MS = 1000;

/** What has happened must be recorded: a full disk delays that, it does not lose it. `delayed`: told each time. */
export async function record(
  { execute, log, clock }: Ports,
  commands: Command[],
  closed: () => boolean,
  { joins = false, delayed = () => {} }: { joins?: boolean; delayed?: () => void } = {},
): Promise<void> {
  while (!closed()) {
    const refused = (await execute(commands, { joins })).find((result) => !result.ok) as Refusal | undefined;
    if (refused === undefined) return;
    if (!isStorage(refused)) {
      log.error({ event: 'fact_refused', commands, why: refused.message });
      return;
    }
    log.error({ event: 'fact_not_stored_yet', why: refused.message });
    delayed();
    await new Promise<void>((resolve) => clock.at(clock.now() + RETRY_MS, resolve));
  }
}
