import type { Clock } from '../clock.js';
import { Look } from './look.js';

type Work = (look: Look) => Promise<void>;

/** Rounds begin no closer to each other than this. */
const APART_MS = 1000;

/**
 * Looks at the surroundings of attempts, in rounds: at once when nothing was looked at lately; of attempts that
 * start one shortly after the other only once for all of them, so that looking never slows down what starts next.
 */
export class Rounds {
  #waiting: (() => Promise<void>)[] = [];
  #look = new Look();
  #lastAt = Number.NEGATIVE_INFINITY;
  #busy = false;

  constructor(private readonly clock: Clock) {}

  /** Resolves when `work` is done; it must not reject. What it looks at is no older than this call. */
  ask(work: Work): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(() => work(this.#look).then(resolve, resolve));
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    this.#busy = true;
    const now = this.clock.now();
    const due = this.#lastAt > now ? now : this.#lastAt + APART_MS;
    if (due <= now) void this.#round();
    else this.clock.at(due, () => void this.#round());
  }

  /** One after the other: nobody waits for them. */
  async #round(): Promise<void> {
    this.#lastAt = this.clock.now();
    this.#look = new Look();
    for (const work of this.#waiting.splice(0)) await work();
    this.#busy = false;
    this.#next();
  }
}
