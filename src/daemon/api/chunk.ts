/**
 * Pieces of a log, encoded where they were read: a gigabyte is otherwise copied four times on its way
 * through generated code, which then takes most of the time (measured).
 */

/** Room before the bytes for the fields around them; two tags with lengths and two numbers need at most 29. */
export const HEADROOM = 32;

/** Field numbers of LogChunk, as tags (protobuf.dev/programming-guides/encoding). */
const ATTEMPT = 0x08;
const OFFSET = 0x10;
const DATA = 0x1a;
/** `chunk`, the first field of ReadResponse and FollowResponse alike. */
const CHUNK = 0x0a;

/** The encoded answer around `length` bytes that stand in `space` from HEADROOM on; a view of `space`. */
export function encodeChunk(space: Buffer, length: number, attempt: number, offset: number): Buffer {
  const inner = [ATTEMPT, ...varint(attempt), OFFSET, ...varint(offset), DATA, ...varint(length)];
  const head = [CHUNK, ...varint(inner.length + length), ...inner];
  const start = HEADROOM - head.length;
  space.set(head, start);
  return space.subarray(start, HEADROOM + length);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}
