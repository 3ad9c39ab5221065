import { stringEnd } from './strings.js';

/** A token of Python source. `at` and `end` are offsets in UTF-16 units. */
export interface Token {
  kind: 'name' | 'number' | 'string' | 'operator' | 'newline';
  /** As written; of a newline, nothing. */
  text: string;
  at: number;
  end: number;
}

/**
 * Python source as tokens, after the language's lexical analysis: no comments, blank lines or indentation, lines
 * joined within brackets and behind a backslash, `newline` where a logical line ends. An f-string is one token with
 * all that it holds, also where it holds its own quotes (Python 3.12). What no Python version takes ends the list.
 */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  let depth = 0;
  let at = 0;
  const push = (kind: Token['kind'], end: number): void => {
    found.push({ kind, text: kind === 'newline' ? '' : source.slice(at, end), at, end });
  };
  while (at < source.length) {
    BLANK.lastIndex = at;
    if (BLANK.test(source)) at = BLANK.lastIndex;
    if (at === source.length) break;
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    const end = match === null ? null : match[1] === undefined ? TOKEN.lastIndex : stringEnd(source, at);
    if (match === null || end === null) return found;
    if (match[1] !== undefined) push('string', end);
    else if (match[2] !== undefined) push('name', end);
    else if (match[3] !== undefined) push('number', end);
    else if (match[4] !== undefined) {
      if (depth === 0 && found.length > 0 && found.at(-1)?.kind !== 'newline') push('newline', end);
    } else {
      const operator = source[at]!;
      if ('([{'.includes(operator)) depth++;
      if (')]}'.includes(operator)) depth = Math.max(0, depth - 1);
      push('operator', end);
    }
    at = end;
  }
  if (found.length > 0 && found.at(-1)?.kind !== 'newline') push('newline', at);
  return found;
}

const BLANK = /(?:[ \t\f\ufeff]+|\\(?:\r\n|\r|\n)|#[^\r\n]*)+/y;
const TOKEN =
  /((?:[rR][bBfFtT]?|[bBfFtT][rR]?|[uU])?["'])|([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)|(0[xX]\w+|\.?\d(?:[eE][-+](?=\d)|[\w.])*)|(\r\n|\r|\n)|(?:\.\.\.|\*\*=?|\/\/=?|<<=?|>>=?|[-=!<>:+*/%&|^@]=|->|[^\s\w"'#\\])/y;
