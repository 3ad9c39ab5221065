import { HydraError } from '../errors.js';
import {
  BLANK,
  BOOL,
  ESCAPE,
  FLOAT,
  ID,
  longest,
  NULL,
  type Rules,
  rules,
  SIGNED,
  UNQUOTED,
} from '../lexing.js';

// The lexer of OmegaConf's interpolations: modes on a stack, for `${` opens another language and `}` goes back.
// https://omegaconf.readthedocs.io/en/2.3_branch/grammar.html

export type TokenKind =
  | 'interOpen'
  | 'interClose'
  | 'text'
  /** `\${`, after any number of pairs of backslashes. */
  | 'escapedInter'
  /** Pairs of backslashes. */
  | 'backslashes'
  | 'quoteOpen'
  | 'quoteClose'
  | 'braceOpen'
  | 'braceClose'
  | 'bracketOpen'
  | 'bracketClose'
  | 'comma'
  | 'colon'
  | 'float'
  | 'int'
  | 'bool'
  | 'null'
  | 'unquotedChar'
  | 'id'
  | 'escape'
  | 'blank'
  | 'dot'
  | 'key'
  | 'end';

export interface Token {
  kind: TokenKind;
  text: string;
  at: number;
}

export type Mode = 'text' | 'value' | 'inter' | 'single' | 'double';

/** Kinds under other names where two patterns of one mode give the same kind. */
type Rule = TokenKind | 'run' | 'dollar' | 'escapedQuote';

const INTER_OPEN = `\\$\\{${BLANK}`;
const ESCAPED_INTER = '(?:\\\\\\\\)*\\\\\\$\\{';

const quoted = (quote: string): Rules<Rule> =>
  rules<Rule>({
    interOpen: INTER_OPEN,
    quoteClose: quote,
    text: `[^${quote}$]*[^${quote}\\\\$]`,
    escapedInter: ESCAPED_INTER,
    escapedQuote: `(?:\\\\\\\\)*\\\\${quote}`,
    backslashes: '(?:\\\\\\\\)+',
    run: '\\\\+',
    dollar: '\\$',
  });

const MODES: Readonly<Record<Mode, Rules<Rule>>> = {
  text: rules<Rule>({
    interOpen: INTER_OPEN,
    text: '[^$]*[^\\\\$]',
    escapedInter: ESCAPED_INTER,
    backslashes: '(?:\\\\\\\\)+',
    run: '\\\\+',
    dollar: '\\$',
  }),
  value: rules<Rule>({
    interOpen: INTER_OPEN,
    braceOpen: `\\{${BLANK}`,
    braceClose: `${BLANK}\\}`,
    quoteOpen: '[\'"]',
    comma: `${BLANK},${BLANK}`,
    bracketOpen: `\\[${BLANK}`,
    bracketClose: `${BLANK}\\]`,
    colon: `${BLANK}:${BLANK}`,
    float: FLOAT,
    int: SIGNED,
    bool: BOOL,
    null: NULL,
    unquotedChar: UNQUOTED,
    id: ID,
    escape: ESCAPE,
    blank: '[ \\t]+',
  }),
  inter: rules<Rule>({
    interOpen: INTER_OPEN,
    colon: `${BLANK}:${BLANK}`,
    interClose: `${BLANK}\\}`,
    dot: '\\.',
    bracketOpen: '\\[',
    bracketClose: '\\]',
    id: ID,
    key: '[^\\\\{}()[\\]:. \\t\'"]+',
  }),
  single: quoted("'"),
  double: quoted('"'),
};

const KIND: Readonly<Partial<Record<Rule, TokenKind>>> = {
  run: 'text',
  dollar: 'text',
  escapedQuote: 'escape',
};

export class Tokens {
  readonly #read: Token[] = [];
  readonly #modes: Mode[];
  #at = 0;

  constructor(
    readonly text: string,
    mode: Mode,
  ) {
    this.#modes = [mode];
  }

  peek(ahead = 0): Token {
    while (this.#read.length <= ahead) this.#read.push(this.#lex());
    return this.#read[ahead] ?? this.#lex();
  }

  next(): Token {
    const token = this.peek();
    this.#read.shift();
    return token;
  }

  accept(kind: TokenKind): Token | null {
    return this.peek().kind === kind ? this.next() : null;
  }

  /** `original`: the words of OmegaConf's parser. */
  error(message: string, at: number, original?: string): HydraError {
    return new HydraError('GrammarParseError', `${message} in '${this.text}'`, {
      place: { line: 1, column: at + 1 },
      source: this.text,
      original,
    });
  }

  #lex(): Token {
    const at = this.#at;
    const mode = this.#modes.at(-1);
    if (at >= this.text.length) return { kind: 'end', text: '', at };
    const found = mode === undefined ? null : longest(MODES[mode], this.text, at);
    if (found === null)
      throw this.error(
        `unexpected ${JSON.stringify(this.text[at])}`,
        at,
        `token recognition error at: '${this.text[at]}'`,
      );
    this.#at += found.text.length;
    this.#switch(found.kind, found.text);
    return { kind: KIND[found.kind] ?? (found.kind as TokenKind), text: found.text, at };
  }

  #switch(kind: Rule, text: string): void {
    const modes = this.#modes;
    if (kind === 'interOpen') modes.push('inter');
    else if (kind === 'braceOpen') modes.push('value');
    else if (kind === 'quoteOpen') modes.push(text === '"' ? 'double' : 'single');
    else if (kind === 'interClose' || kind === 'braceClose' || kind === 'quoteClose') modes.pop();
    // The name of a resolver has ended: its arguments up to the brace.
    else if (kind === 'colon' && modes.at(-1) === 'inter') modes[modes.length - 1] = 'value';
  }
}
