import { besideOthers } from '../run/experiment.js';
import type { Submission } from '../run/submission.js';
import type { StoredRun } from '../store/stored.js';
import type { Ports } from './ports.js';

/**
 * The experiment id of a run from this attempt on. With the first one: what is to be replaced goes, and a default
 * id under which there are curves already (of another machine, or of a state that is lost) is not taken.
 */
export async function experimentOf(
  ports: Pick<Ports, 'experimentTaken' | 'replaceExperiment'>,
  run: StoredRun,
  { existingExperiment }: Submission,
): Promise<string> {
  const { experimentId, ulid } = run;
  if (run.attempt > 0) return experimentId;
  if (existingExperiment === 'replace') await ports.replaceExperiment(run);
  if (run.experimentChosen || !(await ports.experimentTaken(run))) return experimentId;
  return besideOthers(experimentId, ulid);
}
