import { fingerprintOf } from '../../code/fingerprint.js';
import type { CodeAt, RecordCodeRequest, CodeState as Told } from '../../gen/expd/v1/runs.js';
import { redactText } from '../../secrets.js';
import { UserError } from '../errors.js';
import type { Queue } from '../queue/queue.js';
import type { CodeState } from '../run/submission.js';
import type { ContentStore } from '../rundir/content.js';

export interface CodePorts {
  queue: Pick<Queue, 'execute'>;
  diffs: Pick<ContentStore, 'store' | 'release'>;
}

const LARGEST_DIFF = 3 * 1024 * 1024;
const MOST_FILES = 1000;
const MOST_RUNS = 100_000;

/** The code state of submissions, which may start from then on. Runs that are gone meanwhile need none. */
export async function recordCode({ queue, diffs }: CodePorts, request: RecordCodeRequest): Promise<void> {
  const { requestId, runIds, code } = request;
  if (runIds.length > MOST_RUNS) throw new UserError('usage', `more than ${MOST_RUNS} runs`);
  const state = await storedCode(diffs, code);
  try {
    const commands = runIds.map((runId) => ({ do: 'recordCode' as const, runId, code: state }));
    const results = await queue.execute({ requestId: requestId || null, commands });
    const refused = results.find((result) => !result.ok && result.code !== 'not_found');
    if (refused !== undefined && !refused.ok)
      throw new UserError(refused.code, refused.message, refused.hint);
  } finally {
    releaseCode(diffs, state);
  }
}

/** Once its diff is durable; to be released when the runs that have it are committed. */
async function storedCode(diffs: CodePorts['diffs'], code: Told | undefined): Promise<CodeState> {
  if (code === undefined) throw new UserError('usage', 'there is no code state');
  if (code.diff.length > LARGEST_DIFF)
    throw new UserError('usage', 'the diff is larger than 3 MiB', 'leave it out');
  const known = code.unknownReason === '' && code.diff.length > 0;
  return codeState(code, known ? await diffs.store(code.diff) : null);
}

function releaseCode(diffs: CodePorts['diffs'], state: CodeState): void {
  if (state.known && state.diffSha !== null) diffs.release(state.diffSha);
}

/** Code states that came with the submissions of one call, kept until it is over. */
export class ToldCode {
  readonly #states = new Map<string, Promise<CodeState>>();

  /** Storing begins at once, beside whatever the caller goes on with. */
  constructor(
    private readonly diffs: CodePorts['diffs'],
    told: readonly CodeAt[],
  ) {
    for (const { cwd, state } of told) this.#states.set(cwd, storedCode(diffs, state));
    for (const state of this.#states.values()) state.catch(() => {}); // told to who needs it
  }

  /** Of a working directory, once it is durable; null where it was not told. */
  of = async (cwd: string): Promise<CodeState | null> => (await this.#states.get(cwd)) ?? null;

  async release(): Promise<void> {
    for (const state of await Promise.allSettled(this.#states.values()))
      if (state.status === 'fulfilled') releaseCode(this.diffs, state.value);
  }
}

function codeState(code: Told, diffSha: string | null): CodeState {
  if (code.unknownReason !== '') return { known: false, why: code.unknownReason.slice(0, 500) };
  const { toplevel, commit, branch, remote, dirty, diffOmitted, changedFiles } = code;
  return {
    known: true,
    toplevel,
    commit,
    branch,
    // `https://user:token@host/…` is common.
    remote: redactText(remote),
    dirty,
    diffSha,
    diffOmitted,
    fingerprint: code.fingerprint || fingerprintOf(code),
    changedFiles: changedFiles.slice(0, MOST_FILES),
  };
}
