import type { Clock } from '../clock.js';
import { Look } from './look.js';

type Work = (look: Look) => Promise<void>;

/** Looking takes a processor for a while. So it waits until nothing has started for so long … */
const CALM_MS = 300;
/** … or has been starting for so long: what is found out is promised within 30 s. */
const LONGEST_MS = 10_000;

/**
 * Looks at the surroundings of attempts, in rounds: once for all that started one shortly after the other, and when
 * that is over, so that looking never slows down what starts next.
 */
export class Rounds {
  #waiting: (() => Promise<void>)[] = [];
  #look = new Look();
  /** When the first of those that wait asked. */
  #since = 0;
  #forgetTimer = (): void => {};
  #busy = false;

  constructor(private readonly clock: Clock) {}

  /** Resolves when `work` is done; it must not reject. What it looks at is no older than this call. */
  ask(work: Work): Promise<void> {
    if (this.#waiting.length === 0) this.#since = this.clock.now();
    return new Promise((resolve) => {
      this.#waiting.push(() => work(this.#look).then(resolve, resolve));
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    const now = this.clock.now();
    if (this.#since > now) this.#since = now; // a clock that went back delays nothing
    this.#forgetTimer();
    const due = Math.min(now + CALM_MS, this.#since + LONGEST_MS);
    this.#forgetTimer = this.clock.at(due, () => void this.#round());
  }

  /** One after the other: nobody waits for them. */
  async #round(): Promise<void> {
    this.#busy = true;
    this.#look = new Look();
    for (const work of this.#waiting.splice(0)) await work();
    this.#busy = false;
    this.#next();
  }
}
