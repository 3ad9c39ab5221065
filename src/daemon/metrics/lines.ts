import { LINE_BYTES } from './metrics-line.js';

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);
const ZEROS = Buffer.alloc(64 << 10);

/** What is told of the bytes fed; every offset lies behind the newline, or the last zero. */
export interface LineListener {
  /** Without its newline. */
  line(text: string, end: number): void;
  /** Longer than a line may be; its bytes are gone. */
  overlong(end: number): void;
  /** Bytes that were never written, as a power cut leaves them. */
  zeros(end: number): void;
}

/**
 * Parts the bytes of a growing file into lines. Holds one unfinished line, of at most LINE_BYTES. A last line without
 * its newline waits. Zeros at the beginning of a line do not belong to it.
 */
export class Lines {
  #unfinished = NOTHING;
  #tooLong = false;
  #zeros = false;

  /** `offset`: of the next byte fed. */
  constructor(
    public offset: number,
    private readonly listener: LineListener,
  ) {}

  /** The bytes at `offset`. */
  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#unfinished.length === 0 && !this.#tooLong && chunk[at] === 0) {
        at = this.#passZeros(chunk, at);
        continue;
      }
      if (this.#zeros) this.#tellZeros(at);
      const newline = chunk.indexOf(NEWLINE, at);
      if (newline < 0) {
        this.#keep(chunk.subarray(at));
        break;
      }
      this.#complete(chunk, at, newline);
      at = newline + 1;
    }
    this.offset += chunk.length;
  }

  /** Nothing more will be written: the last line counts without its newline, where it is whole. */
  finish(isWhole: (text: string) => boolean): void {
    if (this.#zeros) this.#tellZeros(0);
    if (this.#unfinished.length > 0 && isWhole(this.#unfinished.toString())) this.#complete(NOTHING, 0, 0);
  }

  #passZeros(chunk: Buffer, from: number): number {
    this.#zeros = true;
    let at = from;
    while (chunk.length - at >= ZEROS.length && ZEROS.compare(chunk, at, at + ZEROS.length) === 0)
      at += ZEROS.length;
    while (at < chunk.length && chunk[at] === 0) at++;
    return at;
  }

  #tellZeros(at: number): void {
    this.#zeros = false;
    this.listener.zeros(this.offset + at);
  }

  #keep(part: Buffer): void {
    if (this.#tooLong) return;
    this.#tooLong = this.#unfinished.length + part.length > LINE_BYTES;
    this.#unfinished = this.#tooLong ? NOTHING : Buffer.concat([this.#unfinished, part]);
  }

  /** The rest of the line lies at [from, to) of the chunk; nothing is copied of a line that lies there whole. */
  #complete(chunk: Buffer, from: number, to: number): void {
    const end = this.offset + Math.min(to + 1, chunk.length);
    const before = this.#unfinished;
    const tooLong = this.#tooLong || before.length + to - from > LINE_BYTES;
    this.#unfinished = NOTHING;
    this.#tooLong = false;
    if (tooLong) this.listener.overlong(end);
    else if (before.length === 0) this.listener.line(chunk.toString('utf8', from, to), end);
    else this.listener.line(Buffer.concat([before, chunk.subarray(from, to)]).toString(), end);
  }
}
