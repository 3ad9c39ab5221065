import { expect, test } from 'vitest';
import { Lines } from '../../../src/daemon/metrics/lines.js';
import { LINE_BYTES } from '../../../src/daemon/metrics/metrics-line.js';

/** What is told of a text that is fed in pieces of so many bytes. */
function told(text: string, pieceBytes: number, offset = 0): string[] {
  const heard: string[] = [];
  const lines = new Lines(offset, {
    line: (line, end) => heard.push(`${line.length > 20 ? line.length : line} ${end}`),
    overlong: (end) => heard.push(`overlong ${end}`),
    zeros: (end) => heard.push(`zeros ${end}`),
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) lines.feed(bytes.subarray(at, at + pieceBytes));
  expect(lines.offset).toBe(offset + bytes.length);
  lines.finish((last) => last === 'whole');
  return heard;
}

test.each([
  ['lines, and one that waits', 'ab\n\nc\nde', ['ab 3', ' 4', 'c 6']],
  ['a last line that is whole counts', 'ab\nwhole', ['ab 3', 'whole 8']],
  ['characters of several bytes', 'é😀\n', ['é😀 7']],
  ['zeros between lines', 'ab\n\0\0\0cd\n\0\0', ['ab 3', 'zeros 6', 'cd 9', 'zeros 11']],
  ['zeros within a line are its own', 'a\0b\n', ['a\0b 4']],
])('%s', (_, text, expected) => {
  for (const pieceBytes of [1, 2, 3, 1000]) expect(told(text, pieceBytes)).toEqual(expected);
});

test('a line may have 64 KiB, and no more', () => {
  const most = 'x'.repeat(LINE_BYTES);
  for (const pieceBytes of [1000, LINE_BYTES, 1 << 20])
    expect(told(`${most}\n${most}x\nb\n`, pieceBytes)).toEqual([
      `${LINE_BYTES} ${LINE_BYTES + 1}`,
      `overlong ${2 * LINE_BYTES + 3}`,
      `b ${2 * LINE_BYTES + 5}`,
    ]);
});

test('a line without end takes no memory, a block of zeros no line', () => {
  expect(told('x'.repeat(10 << 20), 256 << 10)).toEqual([]);
  expect(told(`${'\0'.repeat(3 * LINE_BYTES + 5)}a\n`, 256 << 10, 7)).toEqual([
    `zeros ${3 * LINE_BYTES + 12}`,
    `a ${3 * LINE_BYTES + 14}`,
  ]);
});
