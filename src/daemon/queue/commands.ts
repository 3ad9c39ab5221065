import type { RunEvent } from '../run/lifecycle.js';
import type { Progress, Standing } from '../run/progress.js';
import type { ResumeChoice } from '../run/run.js';
import type { CodeState, Dependency, Submission } from '../run/submission.js';
import type { SeenCheckpoint } from '../store/checkpoints.js';
import type { Spec } from '../store/spec.js';
import type { AttemptHandle, Lease, StoredRun, Usage } from '../store/stored.js';

/** What the writer thread is told to do. Plain data: it crosses a thread. */
export type Command =
  | { do: 'submit'; run: NewRun }
  /** All jobs or none. */
  | { do: 'submitSweep'; sweep: NewSweep; jobs: NewRun[] }
  | { do: 'editSweep'; sweepId: number; changes: SweepChanges }
  | { do: 'transition'; runId: number; event: RunEvent; facts?: AttemptFacts }
  | { do: 'edit'; runId: number; changes: RunChanges }
  | { do: 'remove'; runId: number }
  | { do: 'recordCode'; runId: number; code: CodeState }
  /** `anew`: what was known of its metrics before is gone. */
  | { do: 'recordProgress'; progress: Progress; standings: Standing[]; anew: boolean }
  /** What was seen of a run's checkpoints, and which of them are gone. */
  | { do: 'sawCheckpoints'; runId: number; seen: readonly SeenCheckpoint[]; gone: readonly string[] }
  | { do: 'pinCheckpoint'; runId: number; checkpoint: SeenCheckpoint; pinned: boolean }
  | { do: 'setGroup'; name: string; limit: number }
  | { do: 'removeGroup'; name: string }
  | { do: 'setFact'; name: FactName; value: string }
  /** A target of `notify` is done with all notifications up to that one. */
  | { do: 'told'; target: string; upTo: number }
  /** All targets are. */
  | { do: 'forgetNotifications'; upTo: number }
  /** Decided before the queue was asked: kept in its place among the results, for a repeat of the request. */
  | { do: 'answer'; result: Result };

/** Small durable facts about the daemon itself. */
export type FactName = 'draining';

export interface NewRun {
  ulid: string;
  name: string;
  spec: Spec;
  /** Of the submission, where a run is looked for by them. */
  project: string;
  existingExperiment: Submission['existingExperiment'];
  tags: string[];
  note: string;
  priority: number;
  group: string;
  after: Dependency[];
  killOnFailedDependency: boolean;
  beginAt: number | null;
  retries: number;
  key: string | null;
  /** What a second submission with the same key, or of the same job of a sweep with a key, must equal; JSON. */
  keyed: string | null;
  held: boolean;
  /** Where it was known at submission; else it is recorded until `codeUntil`, or never. */
  code: CodeState | null;
  codeUntil: number | null;
  /** As chosen; null: `<name>-<id>`. */
  experimentId: string | null;
  /** Of the task: for a run with a configuration or a job of a sweep. */
  overrides: string[];
  /** The directory outside of run directories that its checkpoints are written to. */
  checkpointPlace?: string | null;
  /** What its first attempt starts from; absent: nothing. */
  resume?: ResumeChoice;
}

export interface NewSweep {
  ulid: string;
  name: string;
  key: string | null;
  /** With a key that is known: add the jobs that the sweep lacks. */
  missing: boolean;
  project: string;
  maxParallel: number;
  holdAfterFailures: number;
  axes: string;
  multirunSha: string | null;
  ownDir: string | null;
  /** Of jobs that choose none: `<this>_job<N>`; null: `<name>-s<id>`. */
  experimentId: string | null;
}

export interface SweepChanges {
  name?: string;
  maxParallel?: number;
  holdAfterFailures?: number;
}

/** What is known beside the event itself: by the executor, or by who asks for another attempt. */
export type AttemptFacts =
  | {
      of: 'claimed';
      bootId: string;
      lease: Lease;
      runDir: string;
      log: string;
      errorLog: string | null;
      resumedStep: number | null;
      /** Another one than the run has: its default was found to be somebody else's. */
      experimentId?: string;
      /** The directory of its sweep, made with this attempt. */
      sweepDir?: string;
    }
  | { of: 'spawned'; startedAt: number; handle: AttemptHandle }
  | { of: 'ended'; usage: Usage | null }
  /** With retried and resumed: the environment of the attempts to come. */
  | { of: 'again'; envSha: string };

export interface RunChanges {
  priority?: number;
  group?: string;
  name?: string;
  note?: string;
  retries?: number;
  beginAt?: number | null;
  after?: Dependency[];
  addTags?: string[];
  removeTags?: string[];
  /** Only before the first attempt. */
  submission?: Partial<Pick<Submission, 'argv' | 'cwd' | 'timeLimitMs' | 'envSha'>>;
}

/** How a command fared. A refusal changes nothing; the codes are those of ErrorDetail. */
export type Result =
  | { ok: true; runId: number | null; existing?: boolean; sweep?: { id: number; jobs: SweepJob[] } }
  | { ok: false; runId: number | null; code: RefusalCode; message: string; hint: string };

/** In the order of the submissions. */
export interface SweepJob {
  runId: number;
  existing: boolean;
}

export type RefusalCode =
  | 'not_found'
  /** The run's state does not allow it. */
  | 'wrong_state'
  | 'key_conflict'
  | 'unknown_group'
  | 'experiment_taken'
  | 'group_in_use'
  | 'has_dependants'
  | 'already_started'
  | 'dependency_cycle'
  | 'storage_full'
  | 'storage_failed'
  /** Only in answers that were decided before the queue was asked. */
  | 'usage'
  | 'ambiguous'
  | 'unsafe_place'
  | 'not_available';

/**
 * Commands of one request: one savepoint each, one transaction, one commit with whatever else waits.
 * A refused command leaves the others standing; a bug in one takes the whole batch back.
 */
export interface Batch {
  /**
   * Kept for at least 24 hours: a repeat answers the first results without doing anything. Results that name the
   * storage are not kept: the same request is to be tried again.
   */
  requestId: string | null;
  commands: Command[];
}

/** What the feed tells after a commit; details are in `run_events`. */
export interface Committed {
  /** The newest sequence number. */
  seq: number;
  /** Runs that changed, as they are now; removed ones by id. */
  changed: StoredRun[];
  removed: number[];
  /** Whether notifications were written. */
  notifications: boolean;
  /** Whether groups or facts changed. */
  settings: boolean;
}
