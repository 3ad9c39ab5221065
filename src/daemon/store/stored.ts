import type { Outcome } from '../run/outcome.js';
import type { Run } from '../run/run.js';
import type { Submission } from '../run/submission.js';
import type { Job } from '../run/sweep.js';

/** A run as it is stored: the state machine's part and what people and the scheduler look at. Times in Unix ms. */
export type StoredRun = Run & RunLabels;

export interface RunLabels {
  name: string;
  priority: number;
  group: string;
  tags: string[];
  note: string;
  key: string | null;
  beginAt: number | null;
  killOnFailedDependency: boolean;
  experimentId: string;
  /** Somebody chose it, so what stands in its place was asked for. */
  experimentChosen: boolean;
  /** Of the task: for a run with a configuration or a job of a sweep. */
  overrides: string[];
  /** Its place in its sweep; null for a run of its own. */
  job: Job | null;
  project: string;
  /** The directory outside of run directories that its checkpoints are written to. */
  checkpointPlace: string | null;
  submittedAt: number;
  /** Of the newest attempt. */
  startedAt: number | null;
  runDir: string | null;
  /** No start before the code state is recorded, or this time. */
  codeUntil: number | null;
}

export interface StoredAttempt {
  id: string;
  runId: number;
  number: number;
  phase: 'starting' | 'running' | 'ended';
  bootId: string;
  handle: AttemptHandle;
  lease: Lease;
  runDir: string;
  log: string;
  errorLog: string | null;
  resumedFrom: string | null;
  resumedStep: number | null;
  claimedAt: number;
  startedAt: number | null;
  endedAt: number | null;
  outcome: Outcome | null;
  usage: Usage | null;
}

/** What is known of a checkpoint beyond what lies on disk. */
export interface StoredCheckpoint {
  path: string;
  /** 0: it lies outside of run directories. */
  attempt: number;
  stack: string | null;
  step: number | null;
  bytes: number;
  /** Unix ms, with fractions: with the bytes it tells which content was read. */
  writtenAt: number;
  metrics: Readonly<Record<string, number>>;
  /** null: not read whole yet; empty: whole; else why it must not be used. */
  damage: string | null;
  pinned: boolean;
}

/** What finds the attempt's processes again; starts are /proc/PID/stat field 22 (clock ticks since boot). */
export interface AttemptHandle {
  shim?: { pid: number; start: number };
  main?: { pid: number; start: number };
  cgroup?: string | null;
}

/** The resources that an attempt holds. */
export interface Lease {
  slots: number;
}

export interface Usage {
  ranMs: number;
  userMs: number;
  systemMs: number;
  maxRssBytes: number;
}

/** What is told about runs; the words of proto/expd/v1/runs.proto. */
export const EVENT_KINDS = [
  'submitted',
  'held',
  'released',
  'claimed',
  'spawned',
  'stop_requested',
  'ended',
  'retried',
  'resumed',
  'edited',
  'paused',
  'continued',
  'removed',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface StoredEvent {
  seq: number;
  at: number;
  runId: number;
  kind: EventKind;
  state: Run['state'];
  attempt: number;
  reason: { code: string; text: string } | null;
}

export interface StoredGroup {
  name: string;
  /** Runs at a time; 0 = no limit. */
  limit: number;
}

/** A submission as it lies in the store, or why it must not be executed. */
export type StoredSubmission =
  | { ok: true; submission: Submission }
  | { ok: false; why: 'missing' | 'damaged' };

/** Runs of a sweep by state; states without one are left out. */
export type StateCounts = { state: Run['state']; count: number }[];

/** What a notification says: the JSON that a command gets on its standard input and a webhook as its body. */
export type Notification = {
  v: 1;
  host: string;
  /** Unix ms. */
  at: number;
} & (RunNotification | SweepNotification);

export interface RunNotification {
  event: 'failed' | 'finished' | 'interrupted' | 'resumed';
  run: {
    id: number;
    ulid: string;
    name: string;
    state: Run['state'];
    attempt: number;
    reason: { code: string; text: string } | null;
    exit_code: number | null;
    signal: string | null;
    experiment_id: string;
    project: string;
    run_dir: string | null;
    tags: string[];
    /** e.g. `s4.2`; null for a run of its own. */
    job: string | null;
  };
}

/** Every job of a sweep is final. */
export interface SweepNotification {
  event: 'sweep_done';
  sweep: {
    /** e.g. `s4` */
    id: string;
    ulid: string;
    name: string;
    axes: string;
    jobs: number;
    succeeded: number;
    failed: number;
    cancelled: number;
    project: string;
    dir: string | null;
  };
}

export interface StoredNotification {
  id: number;
  payload: Notification;
}
