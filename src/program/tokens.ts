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

/** Where the string whose prefix begins at `at` ends; null when it does not. */
function stringEnd(source: string, at: number): number | null {
  const { prefix, quote, body } = stringParts(source, at);
  return /[ft]/i.test(prefix)
    ? formattedEnd(source, body, quote, /r/i.test(prefix))
    : plainEnd(source, body, quote);
}

/** Prefix and quote of the string at `at`, and where its text begins. */
export function stringParts(source: string, at: number): { prefix: string; quote: string; body: number } {
  let open = at;
  while (source[open] !== '"' && source[open] !== "'") open++;
  const one = source[open]!;
  const quote = source.startsWith(one.repeat(3), open) ? one.repeat(3) : one;
  return { prefix: source.slice(at, open), quote, body: open + quote.length };
}

/** A backslash keeps the next character from ending a string, in a raw one too. */
function plainEnd(source: string, body: number, quote: string): number | null {
  const stop = STOPS[quote]!;
  for (stop.lastIndex = body; ; ) {
    const match = stop.exec(source);
    if (match === null) return null;
    if (match[0] === quote) return stop.lastIndex;
    if (match[0] !== '\\') return null;
    stop.lastIndex = afterEscape(source, match.index);
  }
}

/** What decides over a plain string: a line ends one with single quotes, without its end. */
const STOPS: Readonly<Record<string, RegExp>> = {
  '"': /["\\\r\n]/g,
  "'": /['\\\r\n]/g,
  '"""': /"""|\\/g,
  "'''": /'''|\\/g,
};

const afterEscape = (source: string, backslash: number): number =>
  backslash + (source.startsWith('\r\n', backslash + 1) ? 3 : 2);

/** The end of an f-string: `{` opens a field, `{{` does not. */
function formattedEnd(source: string, body: number, quote: string, raw: boolean): number | null {
  for (let at = body; at < source.length; ) {
    const character = source[at]!;
    if (source.startsWith(quote, at)) return at + quote.length;
    if (quote.length === 1 && /[\r\n]/.test(character)) return null;
    if (character === '\\') {
      // `\N{DEGREE SIGN}` is no field; `\{` is a backslash before one.
      if (!raw && source.startsWith('N{', at + 1)) at = source.indexOf('}', at) + 1 || source.length;
      else at = /[{}]/.test(source[at + 1] ?? '') ? at + 1 : afterEscape(source, at);
    } else if (character === '{' && source[at + 1] === '{') at += 2;
    else if (character === '{') {
      const end = fieldEnd(source, at + 1, quote, raw);
      if (end === null) return null;
      at = end;
    } else at++;
  }
  return null;
}

/** The end of a field of an f-string, behind its `}`: an expression, perhaps a conversion and a format. */
function fieldEnd(source: string, start: number, quote: string, raw: boolean): number | null {
  let depth = 0;
  for (let at = start; at < source.length; ) {
    const character = source[at]!;
    if (/["']/.test(character)) {
      const prefix = /(?<![\w\u0080-\uffff])(?:[rR][bBfFtT]?|[bBfFtT][rR]?|[uU])?$/.exec(
        source.slice(start, at),
      );
      const end = stringEnd(source, at - (prefix?.[0].length ?? 0));
      if (end === null) return null;
      at = end;
      continue;
    }
    if (character === '}' && depth === 0) return at + 1;
    if (character === ':' && depth === 0) return formatEnd(source, at + 1, quote, raw);
    if ('([{'.includes(character)) depth++;
    if (')]}'.includes(character)) depth--;
    at = character === '#' ? lineEnd(source, at) : at + 1;
  }
  return null;
}

/** The end of a field whose format begins at `start`: text, with fields in it. */
function formatEnd(source: string, start: number, quote: string, raw: boolean): number | null {
  for (let at = start; at < source.length; ) {
    if (source.startsWith(quote, at)) return null;
    if (source[at] === '}') return at + 1;
    if (source[at] === '{') {
      const end = fieldEnd(source, at + 1, quote, raw);
      if (end === null) return null;
      at = end;
    } else at++;
  }
  return null;
}

function lineEnd(source: string, at: number): number {
  const end = source.slice(at).search(/[\r\n]/);
  return end === -1 ? source.length : at + end;
}
