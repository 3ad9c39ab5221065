import { HASH, isBreak, isBreakOrEnd, type Source, SPACE, TAB } from './source.js';
import type { ScalarToken } from './tokens.js';

/** `|` or `>` with the lines below it. `indent` is that of the surrounding block, -1 at the top. */
export function scanBlockScalar(source: Source, indent: number): ScalarToken {
  const { at } = source;
  const folded = source.text.charAt(at) === '>';
  source.at++;
  const { chomp, increment } = header(source);
  restOfHeader(source);

  const least = Math.max(indent + 1, 1);
  let breaks: string;
  let inner: number;
  if (increment === null) {
    const found = leadingLines(source);
    breaks = found.breaks;
    inner = Math.max(least, found.widest);
  } else {
    inner = least + increment - 1;
    breaks = emptyLines(source, inner);
  }

  let text = '';
  let lineBreak = '';
  while (source.column === inner && !atEnd(source)) {
    text += breaks;
    const startsBlank = isSpaceOrTab(source.code());
    text += restOfLine(source);
    lineBreak = source.takeBreak();
    breaks = emptyLines(source, inner);
    if (source.column !== inner || atEnd(source)) break;
    if (!folded || lineBreak !== '\n' || startsBlank || isSpaceOrTab(source.code())) text += lineBreak;
    else if (breaks === '') text += ' ';
  }
  if (chomp !== '-') text += lineBreak;
  if (chomp === '+') text += breaks;
  return { kind: 'scalar', at, text, plain: false };
}

const atEnd = (source: Source): boolean => source.at >= source.text.length - 1;
const isSpaceOrTab = (code: number): boolean => code === SPACE || code === TAB;

interface Header {
  /** What becomes of the line breaks at the end: all go, all stay, one stays. */
  chomp: '-' | '+' | '';
  /** How much deeper the lines are; null: as the first one is. */
  increment: number | null;
}

/** The signs come in either order. */
function header(source: Source): Header {
  const first = chompSign(source);
  const increment = indentSign(source);
  const chomp = first || (increment === null ? '' : chompSign(source));
  const code = source.code();
  if (code !== SPACE && !isBreakOrEnd(code))
    throw source.error(
      'ScannerError',
      `${source.shown()} cannot follow here: behind \`|\` and \`>\` only \`+\`, \`-\` and a digit may stand`,
    );
  return { chomp, increment };
}

function chompSign(source: Source): Header['chomp'] {
  const char = source.text.charAt(source.at);
  if (char !== '+' && char !== '-') return '';
  source.at++;
  return char;
}

function indentSign(source: Source): number | null {
  const digit = source.code() - 48;
  if (!(digit >= 0 && digit <= 9)) return null;
  if (digit === 0) throw source.error('ScannerError', 'the indentation of a block scalar is 1 to 9, never 0');
  source.at++;
  return digit;
}

function restOfHeader(source: Source): void {
  source.skipSpaces();
  if (source.code() === HASH) source.skipLine();
  if (!isBreakOrEnd(source.code()))
    throw source.error(
      'ScannerError',
      `${source.shown()} cannot follow here: the text starts in the next line`,
    );
  source.takeBreak();
}

/** The empty lines before the text, and how far the widest line reaches with its spaces, the first of the text included. */
function leadingLines(source: Source): { breaks: string; widest: number } {
  let breaks = '';
  let widest = 0;
  for (;;) {
    if (source.code() === SPACE) {
      source.skipSpaces();
      widest = Math.max(widest, source.column);
    } else if (isBreak(source.code())) breaks += source.takeBreak();
    else return { breaks, widest };
  }
}

/** Line breaks up to a line with text, and its indentation up to `indent`. */
function emptyLines(source: Source, indent: number): string {
  let breaks = '';
  for (;;) {
    while (source.column < indent && source.code() === SPACE) source.at++;
    if (!isBreak(source.code())) return breaks;
    breaks += source.takeBreak();
  }
}

function restOfLine(source: Source): string {
  const from = source.at;
  source.skipLine();
  return source.text.slice(from, source.at);
}
