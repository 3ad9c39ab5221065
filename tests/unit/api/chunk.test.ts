import { expect, test } from 'vitest';
import { encodeChunk, HEADROOM } from '../../../src/daemon/api/chunk.js';
import { FollowResponse, ReadResponse } from '../../../src/gen/expd/v1/logs.js';

const NUMBERS = [0, 1, 127, 128, 300, 2 ** 21, 2 ** 31 - 1];
const OFFSETS = [...NUMBERS, 2 ** 32, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER];

test('what is encoded by hand is what generated code reads', () => {
  for (const attempt of NUMBERS.slice(1))
    for (const offset of OFFSETS)
      for (const length of [0, 1, 127, 128, 70_000]) {
        const space = Buffer.alloc(HEADROOM + 70_000, 'ab');
        const data = Buffer.from(space.subarray(HEADROOM, HEADROOM + length));
        const bytes = encodeChunk(space, length, attempt, offset);
        const chunk = { attempt, offset, data };
        expect(ReadResponse.decode(bytes).chunk).toEqual(chunk);
        expect(FollowResponse.decode(bytes).part).toEqual({ $case: 'chunk', value: chunk });
      }
});
