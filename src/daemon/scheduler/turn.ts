import { byTurn, type Waiting } from './plan.js';

/** The queued runs in the order of their turn. */
export class Turn {
  readonly #byId = new Map<number, Waiting>();
  #order: Waiting[] = [];

  get queue(): readonly Waiting[] {
    return this.#order;
  }

  get(id: number): Waiting | undefined {
    return this.#byId.get(id);
  }

  /** Replaces everything; cheaper than many puts. */
  load(runs: Waiting[]): void {
    this.#byId.clear();
    for (const run of runs) this.#byId.set(run.id, run);
    this.#order = [...this.#byId.values()].sort(byTurn);
  }

  put(run: Waiting): void {
    this.remove(run.id);
    this.#byId.set(run.id, run);
    this.#order.splice(this.#place(run), 0, run);
  }

  remove(id: number): void {
    const run = this.#byId.get(id);
    if (run === undefined) return;
    this.#byId.delete(id);
    this.#order.splice(this.#place(run), 1);
  }

  /** How many have their turn before this run. */
  ahead(id: number): number {
    const run = this.#byId.get(id);
    return run === undefined ? 0 : this.#place(run);
  }

  /** Index of the first run that does not come before `run`. */
  #place(run: Waiting): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (byTurn(this.#order[middle]!, run) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
