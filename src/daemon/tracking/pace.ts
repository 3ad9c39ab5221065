const SAMPLES = 32;
/** Between two samples: over a shorter time a rate says little, and 32 of them reach over half a minute. */
const APART_S = 1;
/** A run that says nothing for so long has no pace. */
const STALE_S = 3600;

/** How fast steps go by, of the last half a minute or, where they come rarely, of the last samples. */
export class Pace {
  #samples: { step: number; at: number }[] = [];

  /** `at` in seconds since 1970. */
  seen(step: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && (step < last.step || at < last.at || at - last.at > STALE_S))
      this.#samples = [];
    const newest = this.#samples.at(-1);
    if (newest !== undefined && (at - newest.at < APART_S || step === newest.step)) return;
    this.#samples.push({ step, at });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** Steps a second; null while nobody can tell. */
  get rate(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return null;
    return (last.step - first.step) / (last.at - first.at);
  }
}
