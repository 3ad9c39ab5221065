import type { ResumePoint } from '../run/resume.js';
import type { CodeState, Submission } from '../run/submission.js';

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
  /** As recorded at submission; absent while it is not known. */
  code?: CodeState | null;
}

/** What lies on disk before anything is executed. */
export interface RunDirectory {
  runDir: string;
  log: string;
  errorLog: string | null;
}
