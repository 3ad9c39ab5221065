/**
 * The wire format of protocol buffers, one function for each kind of field: bytes out. For what is written seldom;
 * scalars have their own way into the buffer (scalars.ts). Fields are at most 15, so that a key is one byte.
 */

/** Wire types. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;

export const key = (field: number, wireType: number): number => (field << 3) | wireType;

/** Writes an unsigned varint, 0 ≤ value ≤ 2^53; the place behind it. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = rest < 2 ** 31 ? rest >>> 7 : Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
}

export function varintBytes(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

export function int(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = key(field, VARINT);
  return bytes.subarray(0, value < 0 ? putNegative(bytes, 1, value) : putVarint(bytes, 1, value));
}

/** Two's complement of 64 bits, always ten bytes. */
export function putNegative(bytes: Uint8Array, at: number, value: number): number {
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes[at++] = Number(rest & 0x7fn) | 0x80;
  bytes[at++] = Number(rest);
  return at;
}

export function double(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(9);
  bytes[0] = key(field, FIXED64);
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

/** A string, bytes or a message. */
export function nested(field: number, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const bodies = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
  const head = new Uint8Array(10);
  head[0] = key(field, LENGTH);
  const length = bodies.reduce((sum, body) => sum + body.length, 0);
  return Buffer.concat([head.subarray(0, putVarint(head, 1, length)), ...bodies]);
}

/** The field where there is a value, else nothing: as proto3 leaves out what is empty. */
export const optional = <Value>(
  value: Value | undefined,
  field: (value: Value) => Uint8Array,
): readonly Uint8Array[] => (value === undefined ? [] : [field(value)]);
