import type { Clock } from '../clock.js';

const RETRY_MS = [50, 200, 1000, 5000] as const;

/**
 * Looks whenever asked: once at a time, once more when asked meanwhile, and again later when it could not
 * look (no descriptors, an I/O error): that decides nothing.
 */
export class Lookout {
  #asked = false;
  #looking = false;
  #failures = 0;
  #forgetRetry: (() => void) | null = null;
  #closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly look: () => Promise<void>,
    private readonly failed: (cause: unknown, retryMs: number) => void,
  ) {}

  ask(): void {
    this.#asked = true;
    if (!this.#looking) void this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#forgetRetry?.();
  }

  async #run(): Promise<void> {
    this.#looking = true;
    while (this.#asked && !this.#closed) {
      this.#asked = false;
      try {
        await this.look();
        this.#failures = 0;
      } catch (cause) {
        this.#later(cause);
      }
    }
    this.#looking = false;
  }

  #later(cause: unknown): void {
    const retryMs = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)] ?? 0;
    this.failed(cause, retryMs);
    this.#forgetRetry?.();
    this.#forgetRetry = this.clock.at(this.clock.now() + retryMs, () => this.ask());
  }
}
