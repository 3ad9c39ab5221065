import { expect, test } from 'vitest';
import { crc32c, maskedCrc32c } from '../../../src/tensorboard/crc32c.js';
import { randomly } from '../../helpers/random.js';

test.each([
  ['nothing', Buffer.alloc(0), 0],
  ['32 zeros (RFC 3720)', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones (RFC 3720)', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['0 to 31 (RFC 3720)', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
])('%s', (_, bytes, sum) => {
  expect(crc32c(bytes)).toBe(sum);
});

test('as TFRecord masks it', () => {
  expect(maskedCrc32c(Buffer.from('\x1a\x11CRC test, one two'))).toBe(0x5794d08a);
});

test('sixteen bytes at a time or one: any part of any bytes', () => {
  randomly(50, (random) => {
    const bytes = Buffer.from(Array.from({ length: random.upTo(100) }, () => random.upTo(255)));
    const start = random.upTo(bytes.length);
    const end = start + random.upTo(bytes.length - start);
    expect(crc32c(bytes, start, end)).toBe(bitwise(bytes.subarray(start, end)));
  });
});

/** By the definition. */
function bitwise(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
