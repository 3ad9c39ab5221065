import { HydraError } from '../errors.js';
import {
  BLANK,
  BOOL,
  ESCAPE,
  FLOAT,
  ID,
  INT,
  longest,
  NULL,
  type Rules,
  rules,
  SIGNED,
  UNQUOTED,
} from '../lexing.js';

// The lexer of Hydra's override language: at each point the longest match wins, and of equally long ones the first.
// https://hydra.cc/docs/1.3/advanced/override_grammar/basic

export type TokenKind =
  | 'equal'
  | 'tilde'
  | 'plus'
  | 'at'
  | 'colon'
  | 'slash'
  | 'id'
  | 'keySpecial'
  | 'dotPath'
  | 'parenOpen'
  | 'comma'
  | 'parenClose'
  | 'bracketOpen'
  | 'bracketClose'
  | 'braceOpen'
  | 'braceClose'
  | 'float'
  | 'int'
  | 'bool'
  | 'null'
  | 'unquotedChar'
  | 'escape'
  | 'blank'
  | 'quoted'
  | 'interpolation'
  | 'end';

export interface Token {
  kind: TokenKind;
  text: string;
  /** Index of its first character. */
  at: number;
}

const SPECIAL = '[A-Za-z_$][A-Za-z0-9_$-]*';
const PART = `(?:${SPECIAL}|${INT})`;

const KEY = rules<TokenKind>({
  equal: `=${BLANK}`,
  tilde: '~',
  plus: '\\+',
  at: '@',
  colon: ':',
  slash: '/',
  id: ID,
  keySpecial: SPECIAL,
  dotPath: `${PART}(?:\\.${PART})+`,
});

const VALUE = rules<TokenKind>({
  parenOpen: `${BLANK}\\(${BLANK}`,
  comma: `${BLANK},${BLANK}`,
  parenClose: `${BLANK}\\)`,
  bracketOpen: `\\[${BLANK}`,
  bracketClose: `${BLANK}\\]`,
  braceOpen: `\\{${BLANK}`,
  braceClose: `${BLANK}\\}`,
  colon: `${BLANK}:${BLANK}`,
  equal: `${BLANK}=${BLANK}`,
  float: FLOAT,
  int: SIGNED,
  bool: BOOL,
  null: NULL,
  unquotedChar: UNQUOTED,
  id: ID,
  escape: ESCAPE,
  blank: '[ \\t]+',
  quoted: '"(?:[^"\\\\]|\\\\[^])*"|\'(?:[^\'\\\\]|\\\\[^])*\'',
  interpolation: '\\$\\{[^}]+\\}',
});

/** Hands out tokens as they are asked for, one ahead, so that an error far behind what is read is never seen. */
export class Tokens {
  readonly #read: Token[] = [];
  #rules: Rules<TokenKind>;
  #at = 0;

  /** `key`: up to the first `=` the text is a key. */
  constructor(
    readonly text: string,
    mode: 'key' | 'value',
  ) {
    this.#rules = mode === 'key' ? KEY : VALUE;
  }

  peek(ahead = 0): Token {
    while (this.#read.length <= ahead) this.#read.push(this.#lex());
    return this.#read[ahead] ?? this.#lex();
  }

  next(): Token {
    const token = this.peek();
    this.#read.shift();
    // What follows is read even where nobody asks for it, for it may be an error.
    if (token.kind !== 'end') this.peek();
    return token;
  }

  /** The next token, if it is of this kind. */
  accept(kind: TokenKind): Token | null {
    return this.peek().kind === kind ? this.next() : null;
  }

  error(message: string, at: number): HydraError {
    return new HydraError('HydraException', message, {
      place: { line: 1, column: at + 1 },
      source: this.text,
    });
  }

  #lex(): Token {
    const at = this.#at;
    if (at >= this.text.length) return { kind: 'end', text: '', at };
    const found = longest(this.#rules, this.text, at);
    if (found === null) throw this.error(this.#complaint(at), at);
    this.#at += found.text.length;
    if (this.#rules === KEY && found.kind === 'equal') this.#rules = VALUE;
    return { ...found, at };
  }

  #complaint(at: number): string {
    const char = String.fromCodePoint(this.text.codePointAt(at) ?? 0);
    const what = this.#rules === KEY ? 'in a key' : 'unquoted in a value';
    return `${JSON.stringify(char)} cannot stand ${what}`;
  }
}
