/** Frames of HTTP/2 (RFC 9113, sections 4 and 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

export const SETTING = { headerTableSize: 1, enablePush: 2, initialWindowSize: 4, maxFrameSize: 5 } as const;

export const CANCEL = 8;

export interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

const HEAD = 9;

export function encodeFrame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = type;
  frame[4] = flags;
  frame.writeUInt32BE(stream, 5);
  frame.set(payload, HEAD);
  return frame;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function encodeSettings(settings: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.allocUnsafe(6 * settings.length);
  for (const [n, [id, value]] of settings.entries()) {
    bytes.writeUInt16BE(id, 6 * n);
    bytes.writeUInt32BE(value, 6 * n + 2);
  }
  return bytes;
}

export const decodeSettings = (payload: Buffer): (readonly [number, number])[] =>
  Array.from(
    { length: Math.floor(payload.length / 6) },
    (_, n) => [payload.readUInt16BE(6 * n), payload.readUInt32BE(6 * n + 2)] as const,
  );

/** What is left of DATA or HEADERS without padding and priority. @throws Error when the padding is longer than the frame */
export function unpadded({ flags, payload, type }: Frame): Buffer {
  const padded = (flags & FLAG.padded) !== 0;
  const priority = type === FRAME.headers && (flags & FLAG.priority) !== 0 ? 5 : 0;
  const start = (padded ? 1 : 0) + priority;
  const end = payload.length - (padded ? payload[0]! : 0);
  if (end < start) throw new Error('HTTP/2: more padding than frame');
  return payload.subarray(start, end);
}

/** Cuts what arrives into pieces of known length; a piece that lies within one chunk is not copied. */
export class Pieces {
  #chunks: Buffer[] = [];
  #held = 0;

  /** `lengthOf`: the length of the piece that begins with these `head` bytes, head and all. */
  constructor(
    private readonly head: number,
    private readonly lengthOf: (bytes: Buffer) => number,
  ) {}

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
  }

  /** The next piece that is whole, or null. */
  next(): Buffer | null {
    if (this.#held < this.head) return null;
    if (this.#chunks[0]!.length < this.head) this.#join();
    const length = this.lengthOf(this.#chunks[0]!);
    if (this.#held < length) return null;
    if (this.#chunks[0]!.length < length) this.#join();
    const first = this.#chunks[0]!;
    if (first.length === length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(length);
    this.#held -= length;
    return first.subarray(0, length);
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks)];
  }
}

/** What a peer may send that was told of no other size. */
const LONGEST = 16_384;

/** Throws for a frame that no HTTP/2 peer may send. */
export const frames = (): Pieces =>
  new Pieces(HEAD, (bytes) => {
    const length = bytes.readUIntBE(0, 3);
    if (length > LONGEST) throw new Error('HTTP/2: a frame larger than allowed');
    return HEAD + length;
  });

export const decodeFrame = (bytes: Buffer): Frame => ({
  type: bytes[3]!,
  flags: bytes[4]!,
  stream: bytes.readUInt32BE(5) & 0x7fffffff,
  payload: bytes.subarray(HEAD),
});
