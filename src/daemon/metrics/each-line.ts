import { type LineListener, Lines } from './lines.js';
import { MetricsFile } from './metrics-file.js';
import { parseMetricsLine } from './metrics-line.js';

const SPACE_BYTES = 256 << 10;

/**
 * The lines of a metrics file as it is now, as whoever follows it sees them: none that is too long, nothing of holes and
 * zeros; a last one without its newline where it is whole. A link, or anything but a regular file, has none.
 * `from` and `until`: offsets at which lines begin.
 */
export function eachLine(
  path: string,
  use: (text: string) => void,
  { from = 0, until = Number.POSITIVE_INFINITY }: { from?: number; until?: number } = {},
): void {
  const listener: LineListener = { line: use, overlong() {}, zeros() {} };
  const file = new MetricsFile(path);
  const space = Buffer.allocUnsafe(SPACE_BYTES);
  let lines = new Lines(from, listener);
  try {
    while (lines.offset < until) {
      const piece = file.read(lines.offset, space.subarray(0, Math.min(SPACE_BYTES, until - lines.offset)));
      if (piece.kind === 'bytes') lines.feed(piece.bytes);
      else if (piece.kind === 'hole') lines = new Lines(piece.end, listener);
      else break; // its end; or another file than it was
    }
    lines.finish((text) => parseMetricsLine(text).kind !== 'bad');
  } finally {
    file.close();
  }
}
