import type { StopReason } from '../run/stop.js';

/** What an attempt holds, from the decision to start it until its processes are gone. */
export interface Held {
  runId: number;
  group: string;
  slots: number;
  /** The last stop that was handed to the executor. */
  stop: StopReason | null;
  paused: boolean;
  /** A process that does not die of SIGKILL. */
  stuck: { pid: number; wchan: string } | null;
}

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

  take(attemptId: string, held: Pick<Held, 'runId' | 'group' | 'slots'> & Partial<Held>): void {
    this.#held.set(attemptId, { stop: null, paused: false, stuck: null, ...held });
  }

  get(attemptId: string): Held | undefined {
    return this.#held.get(attemptId);
  }

  free(attemptId: string): void {
    this.#held.delete(attemptId);
  }
}
