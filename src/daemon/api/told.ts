import type { Run as RunView } from '../../gen/expd/v1/runs.js';

/** What a caller was told of runs, so that it hears of changes alone: a commit may change what no caller sees. */
export class Told {
  readonly #last = new Map<number, string>();

  /** Whether this differs from what was told last of the run; it counts as told from now on. */
  isNew(run: RunView): boolean {
    const text = JSON.stringify(run);
    if (this.#last.get(run.id) === text) return false;
    this.#last.set(run.id, text);
    return true;
  }
}
