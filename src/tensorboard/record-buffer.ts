import { FOOTER_BYTES, frame, HEADER_BYTES } from './record.js';

/** Between calls of `write`: a thousand scalars. */
const CAPACITY = 64 << 10;

/**
 * Whole records on their way to a file. A record is made in place: `open` gives the place for its data in `bytes`,
 * `close` says where they ended. Memory stays at CAPACITY, or the largest record since the last flush.
 */
export class RecordBuffer {
  bytes = Buffer.allocUnsafeSlow(CAPACITY);
  view = viewOf(this.bytes);
  /** Where the next record begins: before it lie whole records. */
  #end = 0;

  /** `write` takes bytes for the end of the file and says how many it took. */
  constructor(readonly write: (bytes: Uint8Array) => number) {}

  /** Makes room for a record of at most `max` bytes of data. Throws what `write` throws; then nothing is open. */
  open(max: number): number {
    const needed = max + HEADER_BYTES + FOOTER_BYTES;
    if (this.bytes.length - this.#end < needed) {
      this.flush();
      if (this.bytes.length < needed) this.#resize(needed);
    }
    return this.#end + HEADER_BYTES;
  }

  close(end: number): void {
    frame(this.bytes, this.view, this.#end, end);
    this.#end = end + FOOTER_BYTES;
  }

  append(data: Uint8Array): void {
    const start = this.open(data.length);
    this.bytes.set(data, start);
    this.close(start + data.length);
  }

  /** Throws what `write` throws. What it did not take stays first, so that a later call goes on within the record. */
  flush(): void {
    let written = 0;
    try {
      while (written < this.#end) written += this.write(this.bytes.subarray(written, this.#end));
    } finally {
      this.bytes.copyWithin(0, written, this.#end);
      this.#end -= written;
    }
    if (this.bytes.length > CAPACITY) this.#resize(CAPACITY);
  }

  #resize(capacity: number): void {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.view = viewOf(this.bytes);
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Buffer): DataView =>
  new DataView(buffer, byteOffset, byteLength);
