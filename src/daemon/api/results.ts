import { UserError } from '../errors.js';
import type { Command, Result } from '../queue/commands.js';
import { storageFailure } from '../store/failure.js';
import type { Reader } from '../store/reader.js';

type Refused = Extract<Result, { ok: false }>;

/** A refusal that needs no queue, in its place among the commands. Rethrows what is none. */
export function decided(runId: number | null, err: unknown): Command {
  return { do: 'answer', result: refusal(runId, err) };
}

function refusal(runId: number | null, err: unknown): Refused {
  const refused = (code: Refused['code'], message: string, hint: string): Refused => ({
    ok: false,
    runId,
    code,
    message,
    hint,
  });
  if (err instanceof UserError) {
    const { code, message, hint } = err;
    if (isRefusal(code)) return refused(code, message, hint);
    throw err;
  }
  if (storageFailure(err) === 'full')
    return refused(
      'storage_full',
      'the disk of the state directory is full',
      'free some space and try again',
    );
  throw err;
}

const REFUSALS: readonly string[] = [
  'not_found',
  'wrong_state',
  'key_conflict',
  'unknown_group',
  'experiment_taken',
  'has_dependants',
  'storage_full',
  'storage_failed',
  'usage',
  'ambiguous',
  'unsafe_place',
  'not_available',
] satisfies Refused['code'][];

const isRefusal = (code: string): code is Refused['code'] => REFUSALS.includes(code);

/** What a repeated request was answered the first time; null when it is new. `requestId` empty: always new. */
export function firstAnswers(reads: Pick<Reader, 'answered'>, requestId: string): Result[] | null {
  const kept = requestId === '' ? null : reads.answered(requestId);
  return kept === null ? null : JSON.parse(kept);
}

/** The refusal of the one command of a call, as what the call fails with. */
export function succeeded([result]: readonly Result[]): void {
  if (result !== undefined && !result.ok) throw new UserError(result.code, result.message, result.hint);
}
