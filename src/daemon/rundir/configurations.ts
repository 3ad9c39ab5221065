import { UserError } from '../errors.js';
import { parsed, patched } from '../run/job-patch.js';
import type { Composed } from '../run/submission.js';
import { type ContentStore, contentStore } from './content.js';
import { configurationsDir } from './paths.js';

/**
 * Parts of configurations that many runs share, once per content, in `<state>/configs/<sha256>` (0600): hydra nodes
 * as JSON, ConfigurationTrees, jobs that others are patches of, and each sweep's multirun.yaml.
 */
export const configurationStore = (state: string): ContentStore =>
  contentStore(configurationsDir(state), 'configuration');

/** The configuration of a job as JSON. @throws UserError storage_failed */
export async function jobOf(
  { job, baseSha }: Pick<Composed, 'job' | 'baseSha'>,
  store: Pick<ContentStore, 'load'>,
): Promise<string> {
  if (baseSha === undefined) return job;
  const base = parsed((await store.load(baseSha)).toString());
  const whole = base === undefined ? null : patched(base, job);
  if (whole === null)
    throw new UserError('storage_failed', 'the stored configuration is no patch of another');
  return JSON.stringify(whole);
}
