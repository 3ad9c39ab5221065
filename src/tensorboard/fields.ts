import { FIXED32, FIXED64, LENGTH, VARINT } from './message.js';

/** Bytes that are no protocol buffer. */
export class Malformed extends Error {}

/**
 * Walks over the fields of one message. `next` moves to the next field and sets its `key`; its value must then be
 * taken by exactly one of the other methods, or passed over by `skip`.
 */
export class Fields {
  key = 0;
  #at: number;
  readonly #end: number;

  constructor(
    readonly bytes: Buffer,
    start = 0,
    end = bytes.length,
  ) {
    this.#at = start;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  next(): boolean {
    if (this.atEnd) return false;
    this.key = this.varint();
    return true;
  }

  /** An int64 or enum; beyond 2^53 the nearest number. */
  varint(): number {
    let [low, high, shift] = [0, 0, 0];
    for (;;) {
      if (this.#at === this.#end || shift > 63) throw new Malformed('varint');
      const byte = this.bytes[this.#at++]!;
      if (shift < 28) low += (byte & 0x7f) * 2 ** shift;
      else if (shift === 28) {
        low += (byte & 0x0f) * 2 ** 28;
        high = (byte & 0x7f) >> 4;
      } else high |= (byte & 0x7f) << (shift - 32);
      if (byte < 0x80) return high * 2 ** 32 + low;
      shift += 7;
    }
  }

  double(): number {
    return this.bytes.readDoubleLE(this.#take(8));
  }

  float(): number {
    return this.bytes.readFloatLE(this.#take(4));
  }

  /** Of a repeated field, packed or not: adds what is there. */
  repeated(into: number[], read: (fields: Fields) => number): void {
    if ((this.key & 7) !== LENGTH) into.push(read(this));
    else for (const packed = this.message(); !packed.atEnd; ) into.push(read(packed));
  }

  string(): string {
    const start = this.#takeNested();
    return this.bytes.toString('utf8', start, this.#at);
  }

  /** A view: valid as long as the bytes underneath. */
  view(): Buffer {
    const start = this.#takeNested();
    return this.bytes.subarray(start, this.#at);
  }

  message(): Fields {
    const start = this.#takeNested();
    return new Fields(this.bytes, start, this.#at);
  }

  skip(): void {
    const wireType = this.key & 7;
    if (wireType === VARINT) this.varint();
    else if (wireType === FIXED64) this.#take(8);
    else if (wireType === LENGTH) this.#takeNested();
    else if (wireType === FIXED32) this.#take(4);
    else throw new Malformed(`wire type ${wireType}`);
  }

  #takeNested(): number {
    return this.#take(this.varint());
  }

  /** The place before the bytes taken. */
  #take(length: number): number {
    const start = this.#at;
    if (length < 0 || length > this.#end - start) throw new Malformed('length');
    this.#at = start + length;
    return start;
  }
}
