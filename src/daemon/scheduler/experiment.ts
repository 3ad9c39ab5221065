import { besideOthers } from '../run/experiment.js';
import type { Submission } from '../run/submission.js';
import type { StoredRun } from '../store/stored.js';
import type { Ports } from './ports.js';

/** What an attempt may write to, or who keeps it from that. */
export type Curves =
  | { experimentId: string; warning: string | null }
  /** Of another daemon; in words for people. */
  | { elsewhere: string };

/**
 * Takes the curves that a run writes from this attempt on. With the first one: a default id under which there are
 * curves already (of another machine, or of a state that is lost) is not taken, and what is to be replaced goes.
 */
export async function takeCurves(
  ports: Pick<Ports, 'experimentTaken' | 'takeExperiment' | 'replaceExperiment'>,
  run: StoredRun,
  submission: Submission,
): Promise<Curves> {
  const first = run.attempt === 0;
  const ours = first && !run.experimentChosen;
  const beside = besideOthers(run.experimentId, run.ulid);
  const take = async (experimentId: string): Promise<Curves> => {
    const taken = await ports.takeExperiment({ ...run, experimentId }, submission);
    return taken.taken ? { experimentId, warning: taken.warning } : { elsewhere: taken.by };
  };
  if (ours && (await ports.experimentTaken(run))) return take(beside);
  const curves = await take(run.experimentId);
  // Two machines may have given themselves the same name at once.
  if ('elsewhere' in curves) return ours ? take(beside) : curves;
  if (first && submission.existingExperiment === 'replace') await ports.replaceExperiment(run);
  return curves;
}
