import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Tail } from './logged-event.js';
import { announcedLength, FOOTER_BYTES, HEADER_BYTES, isIntact } from './record.js';

const CHUNK = 64 << 10;
const NOTHING = Buffer.alloc(0);

/** The records of a file that may still grow. Holds one chunk, or one record, in memory while it reads, then none. */
export class RecordReader {
  /** Records that were passed over: their data are damaged, or longer than wanted. */
  skipped = 0;
  tail: Tail = 'clean';
  readonly #fd: number;
  /** The file's bytes from `offset` on are at [#at, #filled). */
  #window = NOTHING;
  #at = 0;
  #filled = 0;

  /** @throws what open(2) says, and Error where it is no regular file: reading must never wait. */
  constructor(
    path: string,
    /** Of the record to be read next. */
    public offset: number,
    readonly maxDataBytes: number,
  ) {
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (fstatSync(this.#fd).isFile()) return;
    closeSync(this.#fd);
    throw new Error(`${path} is not a regular file`);
  }

  /** The data of the next whole record, a view until the next call; null when there is none, for now. */
  next(): Buffer | null {
    for (;;) {
      if (!this.#has(HEADER_BYTES)) return this.#stop(this.#filled === this.#at ? 'clean' : 'torn');
      const length = announcedLength(this.#window, this.#at);
      if (length === null) return this.#stop('damaged');
      const recordBytes = HEADER_BYTES + length + FOOTER_BYTES;
      if (length > this.maxDataBytes) {
        if (this.#sizeFrom(this.offset) < recordBytes) return this.#stop('torn');
        this.#pass(recordBytes);
      } else {
        if (!this.#has(recordBytes)) return this.#stop('torn');
        const [start, end] = [this.#at + HEADER_BYTES, this.#at + HEADER_BYTES + length];
        this.#advance(recordBytes);
        if (isIntact(this.#window, start, end)) return this.#window.subarray(start, end);
        this.skipped++;
      }
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** What was read behind the last record is read again next time: a file system may show a length before the bytes. */
  #stop(tail: Tail): null {
    this.tail = tail;
    this.#window = NOTHING;
    this.#at = this.#filled = 0;
    return null;
  }

  #advance(bytes: number): void {
    this.offset += bytes;
    this.#at += bytes;
  }

  /** Goes on behind a record that is not read. */
  #pass(bytes: number): void {
    this.skipped++;
    this.offset += bytes;
    this.#at = this.#filled = 0;
  }

  #has(bytes: number): boolean {
    if (this.#filled - this.#at >= bytes) return true;
    if (bytes > CHUNK && this.#sizeFrom(this.offset) < bytes) return false;
    this.#makeRoom(Math.max(CHUNK, bytes));
    while (this.#filled < bytes) {
      const position = this.offset + this.#filled;
      const got = readSync(
        this.#fd,
        this.#window,
        this.#filled,
        this.#window.length - this.#filled,
        position,
      );
      if (got === 0) return false;
      this.#filled += got;
    }
    return true;
  }

  /** Moves what is there to the front of a window of that size. */
  #makeRoom(capacity: number): void {
    const kept = this.#window.subarray(this.#at, this.#filled);
    if (this.#window.length !== capacity) this.#window = Buffer.allocUnsafeSlow(capacity);
    kept.copy(this.#window);
    [this.#at, this.#filled] = [0, kept.length];
  }

  #sizeFrom(offset: number): number {
    return fstatSync(this.#fd).size - offset;
  }
}
