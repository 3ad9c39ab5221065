/** A wake-up that is never lost: however often it rings between two waits, the next wait returns at once. */
export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves once it has rung since the last wait; rejects with the signal's reason. One waiter at a time. */
  async wait(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#rung) {
      const wake = (): void => this.#wake?.();
      signal?.addEventListener('abort', wake, { once: true });
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      signal?.removeEventListener('abort', wake);
    }
    this.#wake = null;
    this.#rung = false;
    signal?.throwIfAborted();
  }
}
