import type { Standing } from '../run/progress.js';

/** A script that makes up a key for each step shall not fill memory and database. */
export const MOST_KEYS = 2000;

/** Last and best of each key. */
export class Standings {
  readonly #keys = new Map<string, Standing>();
  readonly #changed = new Set<string>();
  /** Over all keys. */
  lastStep = -1;

  point(key: string, step: number, value: number, at: number): void {
    const known = this.#keys.get(key);
    if (known === undefined && this.#keys.size >= MOST_KEYS) return;
    const standing = known ?? { key, step, value, at, points: 0, lowest: null, highest: null };
    if (known === undefined) this.#keys.set(key, standing);
    advance(standing, step, value, at);
    this.lastStep = Math.max(this.lastStep, step);
    this.#changed.add(key);
  }

  /** Those that changed since the last call; copies. */
  takeChanged(): Standing[] {
    const changed = [...this.#changed].map((key) => ({ ...this.#keys.get(key)! }));
    this.#changed.clear();
    return changed;
  }
}

function advance(standing: Standing, step: number, value: number, at: number): void {
  standing.points++;
  // A later step, or told later: the clock may have been ahead before, and a run may go back.
  if (at >= standing.at || step >= standing.step) {
    standing.step = step;
    standing.value = value;
    standing.at = at;
  }
  if (Number.isNaN(value)) return;
  if (standing.lowest === null || value < standing.lowest.value) standing.lowest = { step, value };
  if (standing.highest === null || value > standing.highest.value) standing.highest = { step, value };
}
