import { stringParts } from './strings.js';
import type { Token } from './tokens.js';

/**
 * The text of an expression that is a constant: string literals side by side, brackets around them, `os.path.join`
 * of such. Undefined for everything else: names, fields of f-strings, bytes, `Path(…)`.
 */
export function constantText(expression: readonly Token[]): string | undefined {
  if (expression.length === 0) return undefined;
  if (expression.every(({ kind }) => kind === 'string')) return concatenated(expression);
  if (expression[0]!.text === '(' && closing(expression, 0) === expression.length - 1)
    return constantText(expression.slice(1, -1));
  if (!JOIN.every((text, at) => expression[at]?.text === text)) return undefined;
  if (closing(expression, JOIN.length - 1) !== expression.length - 1) return undefined;
  const parts = argumentsOf(expression.slice(JOIN.length, -1)).map(constantText);
  return parts.length === 0 || !parts.every((part) => part !== undefined) ? undefined : joined(parts);
}

const JOIN = ['os', '.', 'path', '.', 'join', '('];

/** Where the bracket at `open` is closed; -1 when it is not. */
function closing(list: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < list.length; at++) {
    if (list[at]!.kind !== 'operator') continue;
    if ('([{'.includes(list[at]!.text)) depth++;
    if (')]}'.includes(list[at]!.text) && --depth === 0) return at;
  }
  return -1;
}

/** What stands between the commas of a call or a display, without a trailing one. */
export function argumentsOf(list: readonly Token[]): Token[][] {
  const found: Token[][] = [[]];
  let depth = 0;
  for (const token of list) {
    if (token.kind === 'operator' && '([{'.includes(token.text)) depth++;
    if (token.kind === 'operator' && ')]}'.includes(token.text)) depth--;
    if (depth === 0 && token.text === ',') found.push([]);
    else found.at(-1)!.push(token);
  }
  return found.filter((tokens) => tokens.length > 0);
}

/** posixpath.join: an absolute part drops what stands before it. */
function joined(parts: readonly string[]): string {
  return parts.reduce((path, part) =>
    part.startsWith('/') ? part : path === '' || path.endsWith('/') ? path + part : `${path}/${part}`,
  );
}

function concatenated(strings: readonly Token[]): string | undefined {
  const values = strings.map(({ text }) => stringValue(text));
  return values.every((value) => value !== undefined) ? values.join('') : undefined;
}

/** What a string literal stands for; undefined where the text does not say it alone. */
export function stringValue(literal: string): string | undefined {
  const { prefix, quote, body } = stringParts(literal, 0);
  if (/[bt]/i.test(prefix)) return undefined;
  let text = literal.slice(body, -quote.length).replaceAll(/\r\n?/g, '\n');
  if (/f/i.test(prefix)) {
    if (/[{}]/.test(text.replaceAll(/\{\{|\}\}/g, ''))) return undefined;
    text = text.replaceAll('{{', '{').replaceAll('}}', '}');
  }
  if (/r/i.test(prefix)) return text;
  // A name of a character is Unicode's to say.
  return /(?<!\\)(?:\\\\)*\\N/.test(text) ? undefined : text.replaceAll(ESCAPE, unescaped);
}

const ESCAPE = /\\(\n|[\\'"abfnrtv]|[0-7]{1,3}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})/g;
const CONTROL: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
};

function unescaped(_: string, code: string): string {
  const hex = /^[xuU](.+)/s.exec(code);
  if (hex !== null) return codePoint(Number.parseInt(hex[1]!, 16));
  if (/^[0-7]/.test(code)) return codePoint(Number.parseInt(code, 8));
  return CONTROL[code] ?? code;
}

/** Beyond Unicode is an error of Python's. */
const codePoint = (code: number): string => (code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code));
