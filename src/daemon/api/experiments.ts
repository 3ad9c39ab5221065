import { UserError } from '../errors.js';
import type { NewRun } from '../queue/commands.js';
import { experimentsWithCurves } from '../rundir/experiments.js';

/** A run that is to be made, with the experiment id that somebody chose for it. */
export interface Chosen {
  run: NewRun;
  experimentId: string;
}

export interface ExperimentPorts {
  /** Whose run, of another daemon, writes the curves of an experiment, for people; null: none does. */
  elsewhere(of: { project: string; experimentId: string }): Promise<string | null>;
}

/**
 * Those of the runs whose experiment has curves already, and that do not say what becomes of them; and those that
 * are not to go on with what a run elsewhere is writing.
 */
export async function refusedExperiments(
  chosen: readonly Chosen[],
  { elsewhere }: ExperimentPorts,
): Promise<Map<NewRun, UserError>> {
  const asking = chosen.filter(({ run }) => run.existingExperiment === null);
  const projects = new Set(asking.map(({ run }) => run.project));
  const refused = new Map<NewRun, UserError>();
  for (const project of projects) {
    const some = asking.filter(({ run }) => run.project === project);
    const ids = some.map(({ experimentId }) => experimentId);
    const taken = await experimentsWithCurves(project, ids);
    for (const { run, experimentId } of some)
      if (taken.has(experimentId)) refused.set(run, hasCurves(experimentId));
  }
  for (const { run, experimentId } of chosen) {
    if (run.existingExperiment === 'continue') continue;
    const who = await elsewhere({ project: run.project, experimentId });
    if (who !== null) refused.set(run, written(experimentId, who));
  }
  return refused;
}

const written = (id: string, who: string): UserError =>
  new UserError(
    'experiment_taken',
    `the experiment ${id} is being written by ${who}`,
    '--continue waits for it and goes on with its curves; or choose another --experiment-id',
  );

const hasCurves = (id: string): UserError =>
  new UserError(
    'experiment_taken',
    `the experiment ${id} has curves already`,
    '--continue goes on with them, --replace moves them to outputs/.trash',
  );
