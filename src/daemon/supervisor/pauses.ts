/** How long an attempt was paused by this daemon, by the monotonic clock. */
export class Pauses {
  #sinceMs: number | null = null;
  #totalMs = 0;

  set(paused: boolean): void {
    if (paused) this.#sinceMs ??= performance.now();
    else {
      this.#totalMs = this.totalMs();
      this.#sinceMs = null;
    }
  }

  totalMs(): number {
    return this.#totalMs + (this.#sinceMs === null ? 0 : performance.now() - this.#sinceMs);
  }
}
