import { readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whose run, of another daemon, writes an experiment's curves, by the link that marks them; null: none does. `ours`: ULIDs
 * of our own runs, which are over: a mark of theirs is about to go.
 */
export function writerElsewhere(
  project: string,
  experimentId: string,
  ours: readonly string[],
): string | null {
  let mark: unknown;
  try {
    mark = JSON.parse(readlinkSync(join(project, 'outputs/.writers', experimentId)));
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    return missing ? null : 'somebody';
  }
  if (typeof mark !== 'object' || mark === null) return 'somebody';
  const { ulid, runId, user, host } = { ulid: '', runId: '', user: '', host: '', ...mark };
  return ours.includes(ulid) ? null : `run ${runId} of ${user} on ${host}`;
}
