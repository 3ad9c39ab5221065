import { expect, test } from 'vitest';
import { encodeChunk, HEADROOM } from '../../../src/daemon/api/chunk.js';
import { FollowResponse, ReadResponse } from '../../../src/gen/expd/v1/logs.js';

/** Around each length that a number takes on the wire. */
const OFFSETS = [0, 1, 127, 128, 300, 2 ** 21, 2 ** 31 - 1, 2 ** 32, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER];
const ATTEMPTS = [1, 127, 128, 2 ** 31 - 1];
const LENGTHS = [0, 1, 127, 128, 20_000];

test('what is encoded by hand is what generated code reads', () => {
  const space = Buffer.alloc(HEADROOM + 20_000, 'ab');
  for (const attempt of ATTEMPTS)
    for (const offset of OFFSETS)
      for (const length of LENGTHS) {
        const bytes = encodeChunk(space, length, attempt, offset);
        const read = ReadResponse.decode(bytes).chunk!;
        const { part } = FollowResponse.decode(bytes);
        const followed = part?.$case === 'chunk' ? part.value : null;
        for (const chunk of [read, followed!]) {
          expect([chunk.attempt, chunk.offset, chunk.data.length]).toEqual([attempt, offset, length]);
          expect(chunk.data.equals(space.subarray(HEADROOM, HEADROOM + length))).toBe(true);
        }
      }
});
