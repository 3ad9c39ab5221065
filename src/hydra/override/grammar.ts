import { readFloat, readInt } from '../python/number.js';
import { Dict, type Key } from '../value.js';
import { Choice, type Element, Quoted } from './element.js';
import { call } from './functions.js';
import type { Override } from './override.js';
import { unescaped, unquoted } from './quoting.js';
import { type Token, type TokenKind, Tokens } from './tokens.js';

// Recursive descent over the tokens of an override, one function a rule.
// https://hydra.cc/docs/1.3/advanced/override_grammar/basic

export function parseOverride(input: string): Override {
  const tokens = new Tokens(input, 'key');
  const operation = operationOf(tokens);
  const { key, package: pkg } = keyRule(tokens);
  if (operation === 'delete' && tokens.peek().kind === 'end')
    return { input, operation, key, package: pkg, value: undefined };
  expect(tokens, 'equal', "'=' after the key");
  const value = tokens.peek().kind === 'end' ? '' : valueRule(tokens);
  expect(tokens, 'end', 'the end (quote a value that contains special characters)');
  return { input, operation, key, package: pkg, value };
}

/** Parts of the grammar that stand alone in no override; read from the start, what follows is not looked at. */
export const RULES = {
  key: (text: string) => keyRule(new Tokens(text, 'key')),
  packageOrGroup: (text: string) => packageOrGroup(new Tokens(text, 'key')),
  package: (text: string) => packageRule(new Tokens(text, 'key')),
  value: (text: string) => valueRule(new Tokens(text, 'value')),
  element: (text: string) => element(new Tokens(text, 'value')),
  primitive: (text: string) => primitive(new Tokens(text, 'value')),
  listContainer: (text: string) => list(new Tokens(text, 'value')),
  dictContainer: (text: string) => mapping(new Tokens(text, 'value')),
  simpleChoiceSweep: (text: string) => simpleChoice(new Tokens(text, 'value')),
  function: (text: string) => functionCall(new Tokens(text, 'value')),
} as const;

function operationOf(tokens: Tokens): Override['operation'] {
  if (tokens.accept('tilde')) return 'delete';
  if (!tokens.accept('plus')) return 'change';
  return tokens.accept('plus') ? 'forceAdd' : 'add';
}

function keyRule(tokens: Tokens): { key: string; package: string | null } {
  const key = packageOrGroup(tokens);
  return { key, package: tokens.accept('at') ? packageRule(tokens) : null };
}

function packageOrGroup(tokens: Tokens): string {
  if (tokens.peek().kind !== 'id' || tokens.peek(1).kind !== 'slash') return packageRule(tokens);
  let group = tokens.next().text;
  while (tokens.accept('slash')) group += `/${expect(tokens, 'id', "a name after '/'").text}`;
  return group;
}

/** Empty is the global package. */
function packageRule(tokens: Tokens): string {
  const { kind } = tokens.peek();
  if (kind === 'id' || kind === 'keySpecial' || kind === 'dotPath') return tokens.next().text;
  if (kind === 'equal' || kind === 'at' || kind === 'end') return '';
  throw unexpected(tokens, 'a key');
}

function valueRule(tokens: Tokens): Element {
  const first = element(tokens);
  return tokens.peek().kind === 'comma' ? restOfChoice(tokens, first) : first;
}

function simpleChoice(tokens: Tokens): Choice {
  const first = element(tokens);
  if (tokens.peek().kind !== 'comma') throw unexpected(tokens, "','");
  return restOfChoice(tokens, first);
}

function restOfChoice(tokens: Tokens, first: Element): Choice {
  const items = [first];
  while (tokens.accept('comma')) items.push(element(tokens));
  return new Choice(items, true);
}

function element(tokens: Tokens): Element {
  switch (tokens.peek().kind) {
    case 'bracketOpen':
      return list(tokens);
    case 'braceOpen':
      return mapping(tokens);
    default:
      return tokens.peek().kind === 'id' && tokens.peek(1).kind === 'parenOpen'
        ? functionCall(tokens)
        : primitive(tokens);
  }
}

function list(tokens: Tokens): Element[] {
  expect(tokens, 'bracketOpen', "'['");
  const items: Element[] = [];
  if (tokens.accept('bracketClose')) return items;
  do items.push(element(tokens));
  while (tokens.accept('comma'));
  expect(tokens, 'bracketClose', "',' or ']'");
  return items;
}

function mapping(tokens: Tokens): Dict<Element> {
  expect(tokens, 'braceOpen', "'{'");
  const dict = new Dict<Element>();
  if (tokens.accept('braceClose')) return dict;
  do {
    const key = typed(tokens, run(tokens, KEY_TOKENS, 'a key'));
    expect(tokens, 'colon', "':' after the key");
    dict.set(key, element(tokens));
  } while (tokens.accept('comma'));
  expect(tokens, 'braceClose', "',' or '}'");
  return dict;
}

function functionCall(tokens: Tokens): Element {
  const name = expect(tokens, 'id', 'the name of a function');
  expect(tokens, 'parenOpen', "'('");
  const positional: Element[] = [];
  const named = new Map<string, Element>();
  if (!tokens.accept('parenClose')) {
    do argument(tokens, positional, named);
    while (tokens.accept('comma'));
    expect(tokens, 'parenClose', "',' or ')'");
  }
  const complain = (message: string): Error => tokens.error(`${name.text}(…): ${message}`, name.at);
  return call(name.text, positional, named, complain);
}

function argument(tokens: Tokens, positional: Element[], named: Map<string, Element>): void {
  if (tokens.peek().kind === 'id' && tokens.peek(1).kind === 'equal') {
    const name = tokens.next().text;
    tokens.next();
    named.set(name, element(tokens));
    return;
  }
  const { at } = tokens.peek();
  const value = element(tokens);
  if (named.size > 0) throw tokens.error('an argument without a name follows one with a name', at);
  positional.push(value);
}

const KEY_TOKENS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'id',
  'null',
  'int',
  'float',
  'bool',
  'unquotedChar',
  'escape',
  'blank',
]);
const VALUE_TOKENS: ReadonlySet<TokenKind> = new Set<TokenKind>([...KEY_TOKENS, 'interpolation', 'colon']);

function primitive(tokens: Tokens): Quoted | Exclude<Key, Uint8Array> {
  const quoted = tokens.accept('quoted');
  if (quoted) return new Quoted(unquoted(quoted.text), quoted.text[0] === '"' ? '"' : "'");
  return typed(tokens, run(tokens, VALUE_TOKENS, 'a value'));
}

/** At least one token of these kinds. */
function run(tokens: Tokens, kinds: ReadonlySet<TokenKind>, what: string): Token[] {
  const found: Token[] = [];
  while (kinds.has(tokens.peek().kind)) found.push(tokens.next());
  if (found.length === 0) throw unexpected(tokens, what);
  return found;
}

/** One token alone has a type; several are text. Blanks around are dropped, those between stay. */
function typed(tokens: Tokens, found: Token[]): Exclude<Key, Uint8Array> {
  if (found[0]?.kind === 'blank') {
    if (found.length === 1) throw tokens.error('a value of blanks alone needs quotes', found[0].at);
    found.shift();
  }
  if (found.at(-1)?.kind === 'blank') found.pop();
  const [only] = found;
  if (found.length > 1 || only === undefined)
    return found.map(({ kind, text }) => (kind === 'escape' ? unescaped(text) : text)).join('');
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
      return only.kind === 'escape' ? unescaped(only.text) : only.text;
  }
}

function expect(tokens: Tokens, kind: TokenKind, what: string): Token {
  return tokens.accept(kind) ?? fail(tokens, what);
}

function fail(tokens: Tokens, what: string): never {
  throw unexpected(tokens, what);
}

function unexpected(tokens: Tokens, what: string): Error {
  const { kind, text, at } = tokens.peek();
  return tokens.error(`expected ${what}, found ${kind === 'end' ? 'the end' : `'${text.trim()}'`}`, at);
}
