import type { RecordCodeRequest, CodeState as Told } from '../../gen/expd/v1/runs.js';
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
  if (code === undefined) throw new UserError('usage', 'there is no code state');
  if (runIds.length > MOST_RUNS) throw new UserError('usage', `more than ${MOST_RUNS} runs`);
  if (code.diff.length > LARGEST_DIFF)
    throw new UserError('usage', 'the diff is larger than 3 MiB', 'leave it out');
  const diffSha = code.unknownReason === '' && code.diff.length > 0 ? await diffs.store(code.diff) : null;
  try {
    const state = codeState(code, diffSha);
    const commands = runIds.map((runId) => ({ do: 'recordCode' as const, runId, code: state }));
    const results = await queue.execute({ requestId: requestId || null, commands });
    const refused = results.find((result) => !result.ok && result.code !== 'not_found');
    if (refused !== undefined && !refused.ok)
      throw new UserError(refused.code, refused.message, refused.hint);
  } finally {
    if (diffSha !== null) diffs.release(diffSha);
  }
}

function codeState(code: Told, diffSha: string | null): CodeState {
  if (code.unknownReason !== '') return { known: false, why: code.unknownReason.slice(0, 500) };
  const { toplevel, commit, branch, remote, dirty, diffOmitted, fingerprint, changedFiles } = code;
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
    fingerprint,
    changedFiles: changedFiles.slice(0, MOST_FILES),
  };
}
