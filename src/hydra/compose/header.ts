import { HydraError } from '../errors.js';
import { BLANK, strip } from '../python/blanks.js';

/** How much of a file may be header, in characters. */
const HEADER_LENGTH = 512;

/**
 * The package that a file names for itself: `# @package x` in the lines before anything else. null: none. An ordinary
 * comment ends the header, so what follows it counts for nothing.
 */
export function packageHeader(text: string, file: string): string | null {
  let found: string | null = null;
  const lines = text.slice(0, HEADER_LENGTH).split(LINE_BREAK);
  for (const [index, raw] of lines.entries()) {
    const line = strip(raw);
    if (line === '') continue;
    if (!HEADER.test(line)) break;
    const parts = strip(line.replace(/^#+/, '')).split(' ').filter(Boolean);
    if (parts.length !== 2)
      throw new HydraError('ValueError', `a header is a key and a value, not '${line}'`, {
        place: { file, line: index + 1, column: 1 },
        source: raw,
      });
    if (parts[0] === '@package') found = parts[1] ?? null;
  }
  return found;
}

/** A header that an ordinary comment before it disables. */
export function disabledHeader(text: string): boolean {
  const lines = text.slice(0, HEADER_LENGTH).split(LINE_BREAK).map(strip);
  const end = lines.findIndex((line) => line !== '' && !line.startsWith('#'));
  const comments = end < 0 ? lines : lines.slice(0, end);
  const first = comments.findIndex((line) => line !== '' && !HEADER.test(line));
  return first >= 0 && comments.slice(first).some((line) => /^#\s*@package\s/.test(line));
}

/** Of a line without blanks around. */
const HEADER = new RegExp(`^#${BLANK}*@`);

/** Where str.splitlines() of Python breaks. */
const LINE_BREAK = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
