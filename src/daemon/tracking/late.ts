import type { MetricsTail } from './metrics-tail.js';

/** How often it is looked whether there is room again. */
const AGAIN_MS = 2000;

export interface LatePorts {
  /** `last`: nothing has begun there since, so that this is how the curve ends. */
  settled(tail: MetricsTail, last: boolean): void;
  /** What may throw is done by this. */
  guarded(attemptId: string, what: () => void): void;
}

/** Attempts that ended while the disk was full: what they left is taken when there is room. */
export class Late {
  readonly #tails = new Map<string, MetricsTail>();
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly ports: LatePorts) {}

  put(tail: MetricsTail): void {
    this.#tails.set(tail.of.attemptId, tail);
    this.#timer ??= setInterval(() => this.#again(), AGAIN_MS);
  }

  /** Another attempt begins there: what cannot be taken now never will be. */
  endThoseIn(root: string): void {
    for (const tail of [...this.#tails.values()])
      if (tail.of.root === root) {
        this.ports.guarded(tail.of.attemptId, () => {
          if (!tail.finish()) tail.close();
        });
        this.#settle(tail, false);
      }
  }

  /** The next daemon takes them. */
  close(): void {
    for (const tail of this.#tails.values()) tail.close();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #again(): void {
    for (const tail of [...this.#tails.values()]) {
      let over = true;
      this.ports.guarded(tail.of.attemptId, () => {
        over = tail.finish();
      });
      if (over) this.#settle(tail, true);
    }
  }

  #settle(tail: MetricsTail, last: boolean): void {
    this.#tails.delete(tail.of.attemptId);
    if (this.#tails.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    this.ports.settled(tail, last);
  }
}
