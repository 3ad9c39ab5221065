import type { ResumePoint } from '../run/resume.js';
import type { CodeState, Drift, Submission } from '../run/submission.js';
import type { Sweep } from '../run/sweep.js';
import type { TrackerRuns } from './trackers.js';

/** What an attempt's directory and contract are made from. Times in Unix ms. */
export interface AttemptOrder {
  attemptId: string;
  /** From 1. */
  attempt: number;
  runId: number;
  ulid: string;
  name: string;
  experimentId: string;
  submission: Submission;
  tags: readonly string[];
  note: string;
  resume: ResumePoint | null;
  /** Of the newest earlier attempt; null or empty when there is none. */
  previousRunDir: string | null;
  submittedAt: number;
  /** Run ids that trackers gave, by which they go on with the same run. */
  trackers?: TrackerRuns;
  /** As recorded at submission; absent while it is not known. */
  code?: CodeState | null;
  /** What its configuration files say now otherwise than when it was submitted; absent: nothing, or nobody looked. */
  drift?: readonly Drift[];
  /** Its number in its sweep, from 0; absent for a run of its own. */
  job?: { number: number; of: Sweep } | null;
}

/** What lies on disk before anything is executed. */
export interface RunDirectory {
  runDir: string;
  log: string;
  errorLog: string | null;
  /** The directory of its sweep, where this attempt made it. */
  sweepDir?: string;
  /** A checkpoint that was copied for a program that looks into its own directory, below it. */
  carried?: string;
  /** Where Hydra's files were written for it, below it; absent where an earlier attempt had them there. */
  hydraFiles?: string;
}

/** The working directory does not exist: the run is held, nothing was executed. */
export class CwdGone extends Error {
  constructor(cwd: string) {
    super(`working directory is gone: ${cwd}`);
  }
}
