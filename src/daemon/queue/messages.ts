import type { UserErrorCode } from '../errors.js';
import type { Batch, Committed, Result } from './commands.js';

/** A batch on its way to the writer; `now` is the daemon's time when it was handed in, Unix ms. */
export interface Posted {
  ticket: number;
  now: number;
  batch: Batch;
}

export type ToWriter =
  | { say: 'batches'; posted: Posted[] }
  | { say: 'configure'; notify: boolean }
  | { say: 'close' };

export type Answer =
  | { ticket: number; results: Result[] }
  /** A bug: nothing of the batch was done. In words, for SQLite's errors do not cross a thread. */
  | { ticket: number; bug: { message: string; stack: string } };

export type FromWriter =
  /** `unclean`: the last writer did not close the database. */
  | { say: 'open'; unclean: boolean }
  | { say: 'refused'; error: PlainUserError }
  | { say: 'answers'; answers: Answer[] }
  | { say: 'committed'; committed: Committed }
  | { say: 'closed' };

/** A UserError without its class, which does not cross a thread. */
export interface PlainUserError {
  code: UserErrorCode;
  message: string;
  hint: string;
}

/** What a thread of this file is started for. */
export type Task =
  | { task: 'write'; stateDir: string; notify: boolean; ballastBytes: number; keepEvents: number }
  | { task: 'check'; stateDir: string }
  | { task: 'backup'; stateDir: string; to: string };
