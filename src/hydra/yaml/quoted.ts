import { END, isBreak, type Source, SPACE, TAB } from './source.js';
import type { ScalarToken } from './tokens.js';

const DOUBLE = 34;
const SINGLE = 39;
const BACKSLASH = 92;

/** Reads a scalar in single or double quotes; indentation does not count within. */
export function scanQuoted(source: Source): ScalarToken {
  const { at } = source;
  const quote = source.code();
  source.at++;
  let text = piece(source, quote, at);
  while (source.code() !== quote) text += blanks(source, at) + piece(source, quote, at);
  source.at++;
  return { kind: 'scalar', at, text, plain: false };
}

/** What stands up to the next blank or the closing quote. */
function piece(source: Source, quote: number, start: number): string {
  let text = '';
  for (;;) {
    text += run(source);
    const code = source.code();
    if (quote === SINGLE && code === SINGLE && source.code(1) === SINGLE) {
      text += "'";
      source.at += 2;
    } else if (quote === DOUBLE && code === BACKSLASH) {
      source.at++;
      text += escaped(source, start);
    } else if (code !== quote && (code === SINGLE || code === DOUBLE || code === BACKSLASH)) {
      text += String.fromCharCode(code);
      source.at++;
    } else return text;
  }
}

/** Characters that mean themselves in both kinds of quotes. */
function run(source: Source): string {
  const from = source.at;
  let { at } = source;
  for (; ; at++) {
    const code = source.text.charCodeAt(at);
    if (code <= SPACE || code === DOUBLE || code === SINGLE || code === BACKSLASH || isBreak(code)) break;
  }
  source.at = at;
  return source.text.slice(from, at);
}

/** Blanks within a line stay; at its end they vanish and the break is folded. */
function blanks(source: Source, start: number): string {
  const from = source.at;
  skipBlanks(source);
  if (source.code() === END)
    throw source.error('ScannerError', 'the quote that opens here is never closed', start);
  if (!isBreak(source.code())) return source.text.slice(from, source.at);
  const first = source.takeBreak();
  const more = moreBreaks(source, start);
  return first === '\n' ? more || ' ' : first + more;
}

function moreBreaks(source: Source, start: number): string {
  let breaks = '';
  for (;;) {
    if (source.startsMarker())
      throw source.error(
        'ScannerError',
        'the quote that opens here is not closed when the document ends',
        start,
      );
    skipBlanks(source);
    if (!isBreak(source.code())) return breaks;
    breaks += source.takeBreak();
  }
}

function skipBlanks(source: Source): void {
  while (source.code() === SPACE || source.code() === TAB) source.at++;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  [' ', ' '],
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['N', '\x85'],
  ['_', '\xa0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
]);
/** Digits of a code that is written as hexadecimal number. */
const CODE_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/** What stands behind a backslash. */
function escaped(source: Source, start: number): string {
  const char = source.text.charAt(source.at);
  const meaning = ESCAPES.get(char);
  if (meaning !== undefined) {
    source.at++;
    return meaning;
  }
  const length = CODE_LENGTHS.get(char);
  if (length !== undefined) return fromCode(source, char, length);
  if (isBreak(source.code())) {
    source.takeBreak();
    return moreBreaks(source, start);
  }
  throw source.error(
    'ScannerError',
    `\`\\\` before ${source.shown()} means nothing within double quotes: write \`\\\\\` or use single quotes`,
    source.at - 1,
  );
}

function fromCode(source: Source, char: string, length: number): string {
  source.at++;
  const digits = source.text.slice(source.at, source.at + length);
  if (digits.length < length || !/^[0-9a-f]+$/i.test(digits))
    throw source.error('ScannerError', `\`\\${char}\` needs ${length} hexadecimal digits`, source.at - 2);
  const code = Number.parseInt(digits, 16);
  if (code > 0x10ffff)
    throw source.error(
      'ValueError',
      `\`\\${char}${digits}\` is beyond the last character of Unicode`,
      source.at - 2,
    );
  source.at += length;
  return String.fromCodePoint(code);
}
