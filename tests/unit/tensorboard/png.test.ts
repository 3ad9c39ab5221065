import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { pngSize } from '../../../src/tensorboard/png.js';
import { encodePng } from '../../../src/tensorboard/tensorboard.js';

test.each([
  [1, 0],
  [2, 4],
  [3, 2],
  [4, 6],
] as const)('an image of %d channels', (channels, colourType) => {
  const data = Uint8Array.from({ length: 5 * 2 * channels }, (_, i) => i);
  const png = Buffer.from(encodePng({ width: 5, height: 2, channels, data }));
  expect(pngSize(png)).toEqual({ width: 5, height: 2 });
  expect([...png.subarray(24, 29)]).toEqual([8, colourType, 0, 0, 0]);
  const row = 5 * channels;
  expect(inflateSync(png.subarray(41, png.length - 16))).toEqual(
    Buffer.concat([Buffer.of(0), data.subarray(0, row), Buffer.of(0), data.subarray(row)]),
  );
});

test('size and data must agree', () => {
  const data = new Uint8Array(3);
  expect(() => encodePng({ width: 2, height: 1, channels: 1, data })).toThrow(RangeError);
  expect(() => encodePng({ width: 0, height: 1, channels: 1, data: new Uint8Array(0) })).toThrow(RangeError);
});
