import { HydraError } from '../errors.js';
import { readFloat, readInt } from '../python/number.js';
import type { Key } from '../value.js';
import { type Token, type TokenKind, Tokens } from './tokens.js';

// What interpolations look like. https://omegaconf.readthedocs.io/en/2.3_branch/grammar.html

export type Interpolation =
  /** `${a.b}`: the key in its parts, with the dots and brackets between them. */
  | { kind: 'reference'; key: readonly (string | Interpolation)[] }
  /** `${name:arguments}`. */
  | { kind: 'call'; name: readonly (string | Interpolation)[]; arguments: readonly Argument[] };

/** `text`: as it was written; caches are keyed by it. */
export interface Argument {
  element: Element;
  text: string;
}

/** Text with interpolations in it; one interpolation alone keeps the type of what it stands for. */
export type Text = readonly (string | Interpolation)[];

export type Element =
  | { kind: 'plain'; value: null | boolean | bigint | number | string }
  | { kind: 'text'; parts: Text; quoted: boolean }
  | { kind: 'list'; items: readonly Element[] }
  | { kind: 'dict'; entries: readonly (readonly [Key, Element])[] };

/** The grammar of a value in a configuration: any text. GrammarParseError. */
export function parseText(value: string): Text {
  const known = parsed.get(value);
  if (known !== undefined) return known;
  const tokens = new Tokens(value, 'text');
  const text = textRule(tokens, null);
  expect(tokens, 'end', 'the end');
  // The jobs of a sweep, and keys that were copied, say the same again.
  if (parsed.size >= 10_000) parsed.clear();
  parsed.set(value, text);
  return text;
}

const parsed = new Map<string, Text>();

/** The grammar of one argument. */
export function parseElement(value: string): Element {
  const tokens = new Tokens(value, 'value');
  const found = element(tokens);
  expect(tokens, 'end', 'the end');
  return found;
}

/** `quote`: which one closes it; null for the value of a key. */
function textRule(tokens: Tokens, quote: string | null): Text {
  const parts: (string | Interpolation)[] = [];
  let plain = '';
  for (;;) {
    const token = tokens.peek();
    if (token.kind === 'interOpen') {
      if (plain !== '') parts.push(plain);
      plain = '';
      parts.push(interpolation(tokens));
    } else if (TEXT_TOKENS.has(token.kind)) {
      tokens.next();
      plain += textOf(token, tokens.peek().kind, quote !== null);
    } else break;
  }
  if (plain !== '') parts.push(plain);
  if (parts.length === 0 && quote === null) throw unexpected(tokens, 'text');
  return parts;
}

const TEXT_TOKENS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'text',
  'escape',
  'escapedInter',
  'backslashes',
]);

/** Backslashes count only where they stand before an interpolation, or in quotes before their end. */
function textOf({ kind, text }: Token, next: TokenKind, inQuotes: boolean): string {
  if (kind === 'escapedInter') return `${'\\'.repeat((text.length - 3) / 2)}\${`;
  const pairs =
    kind === 'escape' ||
    (kind === 'backslashes' && (next === 'interOpen' || (inQuotes && next === 'quoteClose')));
  return pairs ? everySecond(text) : text;
}

const everySecond = (text: string): string => text.replace(/(?:.)(.)/gs, '$1');

function interpolation(tokens: Tokens): Interpolation {
  const begin = expect(tokens, 'interOpen', "'${'").at;
  const first = tokens.peek().kind;
  if (first === 'dot' || first === 'bracketOpen') return reference(tokens, []);
  const key: (string | Interpolation)[] = [keyPart(tokens)];
  let nameOnly = typeof key[0] !== 'string' || isId(key[0]);
  while (tokens.peek().kind === 'dot') {
    tokens.next();
    const part = keyPart(tokens);
    key.push('.', part);
    nameOnly &&= typeof part !== 'string' || isId(part);
  }
  if (tokens.peek().kind === 'colon' && nameOnly) return resolverCall(tokens, key);
  const { kind, at, text } = tokens.peek();
  if (nameOnly && kind !== 'interClose' && kind !== 'bracketOpen')
    throw unexpected(
      tokens,
      "'.', ':' or '}'",
      `no viable alternative at input '${tokens.text.slice(begin, at + text.length)}'`,
    );
  return reference(tokens, key);
}

const isId = (part: string): boolean => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(part);

/** The rest of a reference of which some parts have been read. */
function reference(tokens: Tokens, key: (string | Interpolation)[]): Interpolation {
  if (key.length === 0) {
    while (tokens.accept('dot')) key.push('.');
    if (tokens.peek().kind === 'bracketOpen') bracketed(tokens, key);
    else key.push(keyPart(tokens));
  }
  for (;;) {
    if (tokens.accept('dot')) key.push('.', keyPart(tokens));
    else if (tokens.peek().kind === 'bracketOpen') bracketed(tokens, key);
    else break;
  }
  expect(tokens, 'interClose', "'}'");
  return { kind: 'reference', key };
}

function bracketed(tokens: Tokens, key: (string | Interpolation)[]): void {
  expect(tokens, 'bracketOpen', "'['");
  key.push('[', keyPart(tokens), ']');
  expect(tokens, 'bracketClose', "']'");
}

function keyPart(tokens: Tokens): string | Interpolation {
  if (tokens.peek().kind === 'interOpen') return interpolation(tokens);
  const token = tokens.accept('id') ?? tokens.accept('key');
  if (token === null) throw unexpected(tokens, 'a key');
  return token.text;
}

function resolverCall(tokens: Tokens, key: readonly (string | Interpolation)[]): Interpolation {
  expect(tokens, 'colon', "':'");
  const given = tokens.peek().kind === 'braceClose' ? [] : sequence(tokens, 'braceClose');
  expect(tokens, 'braceClose', "',' or '}'");
  return { kind: 'call', name: key, arguments: given };
}

/** Between commas may stand nothing, which is empty text. */
function sequence(tokens: Tokens, end: TokenKind): Argument[] {
  const found: Argument[] = [];
  for (;;) {
    const { kind, at } = tokens.peek();
    // At the end of the text it is the closer that is missing.
    if (kind === 'comma' || kind === end || kind === 'end') found.push({ element: EMPTY, text: '' });
    else {
      const item = element(tokens);
      found.push({ element: item, text: tokens.text.slice(at, tokens.peek().at) });
    }
    if (!tokens.accept('comma')) return found;
  }
}

const EMPTY: Element = { kind: 'plain', value: '' };

function element(tokens: Tokens): Element {
  switch (tokens.peek().kind) {
    case 'bracketOpen':
      return list(tokens);
    case 'braceOpen':
      return dict(tokens);
    case 'quoteOpen':
      return quotedText(tokens);
    default:
      return primitive(tokens);
  }
}

function list(tokens: Tokens): Element {
  expect(tokens, 'bracketOpen', "'['");
  if (tokens.accept('bracketClose')) return { kind: 'list', items: [] };
  const found = sequence(tokens, 'bracketClose');
  expect(tokens, 'bracketClose', "',' or ']'");
  return { kind: 'list', items: found.map((argument) => argument.element) };
}

function dict(tokens: Tokens): Element {
  expect(tokens, 'braceOpen', "'{'");
  // One that a later one of the same key replaces is followed all the same.
  const entries: [Key, Element][] = [];
  if (tokens.accept('braceClose')) return { kind: 'dict', entries: [] };
  do {
    const key = plainValue(run(tokens, DICT_KEY, 'a key'));
    expect(tokens, 'colon', "':' after the key");
    entries.push([key, element(tokens)]);
  } while (tokens.accept('comma'));
  expect(tokens, 'braceClose', "',' or '}'");
  return { kind: 'dict', entries };
}

function quotedText(tokens: Tokens): Element {
  const quote = expect(tokens, 'quoteOpen', 'a quote').text;
  const parts = textRule(tokens, quote);
  expect(tokens, 'quoteClose', `the closing ${quote}`);
  return { kind: 'text', parts, quoted: true };
}

const DICT_KEY: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'id',
  'null',
  'int',
  'float',
  'bool',
  'unquotedChar',
  'escape',
  'blank',
]);
const PRIMITIVE: ReadonlySet<TokenKind> = new Set<TokenKind>([...DICT_KEY, 'colon']);

function primitive(tokens: Tokens): Element {
  const parts: (string | Interpolation)[] = [];
  let only: Token[] = [];
  for (;;) {
    if (tokens.peek().kind === 'interOpen') parts.push(interpolation(tokens));
    else if (PRIMITIVE.has(tokens.peek().kind)) {
      only = run(tokens, PRIMITIVE, 'a value');
      parts.push(joined(only));
    } else break;
  }
  if (parts.length === 0) throw unexpected(tokens, 'a value');
  if (parts.length === 1 && only.length === 1 && only[0]?.kind === 'blank') throw blanksAlone(tokens);
  return parts.length === 1 && typeof parts[0] === 'string'
    ? { kind: 'plain', value: plainValue(only) }
    : { kind: 'text', parts, quoted: false };
}

function run(tokens: Tokens, kinds: ReadonlySet<TokenKind>, what: string): Token[] {
  const found: Token[] = [];
  while (kinds.has(tokens.peek().kind)) found.push(tokens.next());
  if (found.length === 0) throw unexpected(tokens, what);
  return found;
}

const joined = (found: readonly Token[]): string =>
  found.map(({ kind, text }) => (kind === 'escape' ? everySecond(text) : text)).join('');

/** One token alone has a type; several are text. */
function plainValue(found: readonly Token[]): null | boolean | bigint | number | string {
  const [only] = found;
  if (only === undefined || found.length > 1) return joined(found);
  switch (only.kind) {
    case 'int':
      return readInt(only.text) ?? only.text;
    case 'float':
      return readFloat(only.text) ?? only.text;
    case 'bool':
      return only.text.toLowerCase() === 'true';
    case 'null':
      return null;
    default:
      return joined(found);
  }
}

/** What stands behind them is found wrong before them. */
const blanksAlone = (tokens: Tokens): Error =>
  tokens.peek().kind === 'end'
    ? new HydraError('InterpolationResolutionError', 'blanks alone are no value')
    : unexpected(tokens, 'the end');

function expect(tokens: Tokens, kind: TokenKind, what: string): Token {
  const token = tokens.accept(kind);
  if (token !== null) return token;
  const name = CLOSERS[kind];
  const atEnd = tokens.peek().kind === 'end' && name !== undefined;
  throw unexpected(tokens, what, atEnd ? `missing ${name} at '<EOF>'` : undefined);
}

/** As the grammar of OmegaConf names them. */
const CLOSERS: Readonly<Partial<Record<TokenKind, string>>> = {
  bracketClose: 'BRACKET_CLOSE',
  braceClose: 'BRACE_CLOSE',
  interClose: 'INTER_CLOSE',
  quoteClose: 'MATCHING_QUOTE_CLOSE',
};

function unexpected(tokens: Tokens, what: string, original?: string): Error {
  const { kind, text, at } = tokens.peek();
  const found = kind === 'end' ? 'the end' : `'${text.trim()}'`;
  return tokens.error(`expected ${what}, found ${found}`, at, original);
}
