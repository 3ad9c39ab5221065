/** What may wait for the reader; beyond it lines are dropped. */
const PENDING_BYTES = 2 ** 20;
const PARTING_MS = 500;

/**
 * Whole lines into a stream that somebody else reads: journald. Writes never block and never fail: a journal that is
 * stopped, or gone, costs lines of the log and nothing else.
 */
export class LogStream {
  constructor(private readonly stream: NodeJS.WriteStream) {
    stream.on('error', () => {});
  }

  write(line: string): void {
    if (this.stream.writable && this.stream.writableLength < PENDING_BYTES) this.stream.write(line);
  }

  /** What is left has a moment; a reader that is stopped is not waited for. */
  async close(): Promise<void> {
    if (!this.stream.writable || this.stream.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, PARTING_MS);
      this.stream.write('', () => {
        clearTimeout(late);
        resolve();
      });
    });
  }
}
