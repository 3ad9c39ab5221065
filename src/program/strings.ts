/** The string literals of Python: where they begin and end. */

/** Where the string whose prefix begins at `at` ends; null when it does not. */
export function stringEnd(source: string, at: number): number | null {
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

/** Where the string begins whose quote is at `quote`: with its prefix. */
export function prefixStart(source: string, quote: number): number {
  if (!/[rRbBfFtTuU]/.test(source[quote - 1] ?? '')) return quote;
  const before = source.slice(Math.max(0, quote - 3), quote);
  return quote - (PREFIX.exec(before)?.[0].length ?? 0);
}

const PREFIX = /(?<![\w\u0080-\uffff])(?:[rR][bBfFtT]?|[bBfFtT][rR]?|[uU])$/;

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
      const end = stringEnd(source, prefixStart(source, at));
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
