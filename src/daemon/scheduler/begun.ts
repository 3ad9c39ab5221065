import { isFinal } from '../run/run.js';
import type { StoredRun } from '../store/stored.js';
import { type Experiment, experimentKey } from './plan.js';

type Begun = Pick<StoredRun, 'id' | 'project' | 'experimentId'>;

/** Runs that have begun and are not over, by the experiment whose curves are theirs until then. */
export class BegunRuns {
  readonly #byExperiment = new Map<string, Set<number>>();

  take(run: Begun & Pick<StoredRun, 'state' | 'attempt'>): void {
    if (isFinal(run.state)) this.#forget(run);
    else if (run.attempt > 0) this.add(run);
  }

  add(run: Begun): void {
    const key = keyOf(run);
    this.#byExperiment.set(key, (this.#byExperiment.get(key) ?? new Set()).add(run.id));
  }

  /** Whose turn it is before this run: of two that have begun the older one goes on first. */
  before({ id, experiment, begun }: { id: number; experiment: Experiment; begun: boolean }): number | null {
    const others = [...(this.#byExperiment.get(experimentKey(experiment)) ?? [])];
    const first = Math.min(...others.filter((other) => other !== id && (!begun || other < id)));
    return first === Infinity ? null : first;
  }

  #forget(run: Begun): void {
    const key = keyOf(run);
    const runs = this.#byExperiment.get(key);
    runs?.delete(run.id);
    if (runs?.size === 0) this.#byExperiment.delete(key);
  }
}

const keyOf = ({ project, experimentId }: Begun): string => experimentKey({ project, id: experimentId });
