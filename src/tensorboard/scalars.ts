import { EVENT } from './event.js';
import {
  FIXED32,
  FIXED64,
  key,
  LENGTH,
  nested,
  putNegative,
  putVarint,
  VARINT,
  varintBytes,
} from './message.js';
import type { RecordBuffer } from './record-buffer.js';
import { SUMMARY, VALUE } from './value.js';

/** Wall time, step, key and length of the summary. */
const EVENT_BYTES = 9 + 11 + 6;
const FLOAT_BYTES = 4;
/** So many tags are remembered in their encoded form. */
const REMEMBERED = 4096;

/**
 * Scalars straight into the write buffer: the one kind that is written often. As `simple_value`, which both loaders
 * take without metadata, in a third of the bytes of a tensor.
 */
export class ScalarEncoder {
  /** tag → everything of its Summary.Value before the number. */
  readonly #heads = new Map<string, Uint8Array>();

  constructor(readonly records: RecordBuffer) {}

  one(tag: string, value: number, step: number, wallTime: number): void {
    const head = this.#head(tag);
    const at = this.#event(head.length + FLOAT_BYTES, step, wallTime);
    this.records.close(this.#scalar(at, head, value));
  }

  /** All of one step in one event. */
  many(entries: readonly (readonly [tag: string, value: number])[], step: number, wallTime: number): void {
    const heads = entries.map(([tag]) => this.#head(tag));
    const length = heads.reduce((sum, head) => sum + head.length + FLOAT_BYTES, 0);
    let at = this.#event(length, step, wallTime);
    entries.forEach(([, value], n) => {
      at = this.#scalar(at, heads[n]!, value);
    });
    this.records.close(at);
  }

  /** Opens a record and puts the event's beginning there, up to a summary of `length` bytes. */
  #event(length: number, step: number, wallTime: number): number {
    let at = this.records.open(EVENT_BYTES + length);
    const { bytes, view } = this.records;
    bytes[at] = key(EVENT.wallTime, FIXED64);
    view.setFloat64(at + 1, wallTime, true);
    at += 9;
    if (step !== 0) {
      bytes[at++] = key(EVENT.step, VARINT);
      at = step > 0 ? putVarint(bytes, at, step) : putNegative(bytes, at, step);
    }
    bytes[at++] = key(EVENT.summary, LENGTH);
    return putVarint(bytes, at, length);
  }

  /** `records` has other buffers after `open`: they are never held across it. */
  #scalar(at: number, head: Uint8Array, value: number): number {
    const { bytes, view } = this.records;
    for (let i = 0; i < head.length; i++) bytes[at + i] = head[i]!;
    view.setFloat32(at + head.length, value, true);
    return at + head.length + FLOAT_BYTES;
  }

  #head(tag: string): Uint8Array {
    const known = this.#heads.get(tag);
    if (known !== undefined) return known;
    if (this.#heads.size === REMEMBERED) this.#heads.clear();
    const head = headOf(tag);
    this.#heads.set(tag, head);
    return head;
  }
}

function headOf(tag: string): Uint8Array {
  const name = nested(VALUE.tag, tag);
  const length = name.length + 1 + FLOAT_BYTES;
  const head = new Uint8Array(1 + varintBytes(length) + name.length + 1);
  head[0] = key(SUMMARY.value, LENGTH);
  const at = putVarint(head, 1, length);
  head.set(name, at);
  head[at + name.length] = key(VALUE.simpleValue, FIXED32);
  return head;
}
