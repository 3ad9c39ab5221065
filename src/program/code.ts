import { prefixStart, stringEnd } from './strings.js';

/**
 * Python source with blanks for its comments and joined lines, and quotes for its strings with all they hold: what is left
 * is code, at the places where it stood. Ends where a string does not.
 */
export function codeOf(source: string): string {
  const pieces: string[] = [];
  let from = 0;
  const blank = (at: number, end: number, filler: string): void => {
    pieces.push(source.slice(from, at), filler.repeat(end - at));
    from = end;
  };
  for (;;) {
    NOT_CODE.lastIndex = from;
    const match = NOT_CODE.exec(source);
    if (match === null) break;
    if (/^["']/.test(match[0])) {
      const at = Math.max(from, prefixStart(source, match.index));
      const end = stringEnd(source, at);
      if (end === null) return pieces.join('') + source.slice(from, at);
      blank(at, end, '"');
    } else blank(match.index, NOT_CODE.lastIndex, ' ');
  }
  pieces.push(source.slice(from));
  return pieces.join('');
}

const NOT_CODE = /["']|#[^\r\n]*|\\(?:\r\n|\r|\n)/g;

/** Where the bracket at `open` of some code is closed; -1 when it is not. */
export function closing(code: string, open: number): number {
  let depth = 0;
  for (const { 0: bracket, index } of code.slice(open).matchAll(/[()[\]{}]/g)) {
    depth += '([{'.includes(bracket) ? 1 : -1;
    if (depth === 0) return open + index;
  }
  return -1;
}
