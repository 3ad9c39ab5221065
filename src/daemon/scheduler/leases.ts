import { overlap } from '../run/place.js';
import type { StopReason } from '../run/stop.js';
import { type Experiment, experimentKey } from './plan.js';

/** What an attempt holds, from the decision to start it until its processes are gone. */
export interface Held {
  runId: number;
  group: string;
  /** The sweep that the run is a job of. */
  sweep: number | null;
  experiment: Experiment;
  /** Where its checkpoints go outside of run directories. */
  place: string | null;
  slots: number;
  /** The last stop that was handed to the executor. */
  stop: StopReason | null;
  paused: boolean;
  /** A process that does not die of SIGKILL. */
  stuck: { pid: number; wchan: string } | null;
}

type Taken = Pick<Held, 'runId' | 'group' | 'sweep' | 'experiment' | 'place' | 'slots'>;

/** The ledger of slots, by attempt id. In memory: it is rebuilt from the attempts that have not ended. */
export class Leases {
  readonly #held = new Map<string, Held>();

  get size(): number {
    return this.#held.size;
  }

  get slots(): number {
    let sum = 0;
    for (const { slots } of this.#held.values()) sum += slots;
    return sum;
  }

  get runs(): number[] {
    return [...this.#held.values()].map(({ runId }) => runId);
  }

  inGroup(name: string): number {
    let count = 0;
    for (const { group } of this.#held.values()) if (group === name) count++;
    return count;
  }

  inSweep(id: number): number {
    let count = 0;
    for (const { sweep } of this.#held.values()) if (sweep === id) count++;
    return count;
  }

  /** The run that writes the curves of an experiment. */
  writer(experiment: Experiment): number | null {
    const key = experimentKey(experiment);
    for (const held of this.#held.values()) if (experimentKey(held.experiment) === key) return held.runId;
    return null;
  }

  /** A run that writes its checkpoints to the same place. */
  keeper(place: string): number | null {
    for (const held of this.#held.values())
      if (held.place !== null && overlap(held.place, place)) return held.runId;
    return null;
  }

  take(attemptId: string, held: Taken & Partial<Held>): void {
    this.#held.set(attemptId, { stop: null, paused: false, stuck: null, ...held });
  }

  get(attemptId: string): Held | undefined {
    return this.#held.get(attemptId);
  }

  free(attemptId: string): void {
    this.#held.delete(attemptId);
  }
}
