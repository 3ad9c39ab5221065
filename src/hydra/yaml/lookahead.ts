import type { HydraError } from '../errors.js';
import { Scanner } from './scanner.js';
import type { Source } from './source.js';
import type { Token } from './tokens.js';

type Kind = Token['kind'];

/** The tokens of a text one by one, with what a parser asks of the next. Reads no further than it is asked. */
export class Lookahead {
  readonly #scanner: Scanner;
  #peeked: Token | null = null;

  constructor(readonly source: Source) {
    this.#scanner = new Scanner(source);
  }

  get next(): Token {
    this.#peeked ??= this.#scanner.peek();
    return this.#peeked;
  }

  take(): Token {
    this.#peeked = null;
    return this.#scanner.take();
  }

  isNext(first: Kind, second = first, third = first, fourth = first): boolean {
    const { kind } = this.next;
    return kind === first || kind === second || kind === third || kind === fourth;
  }

  error(message: string, at: number): HydraError {
    return this.source.error('ParserError', message, at);
  }

  unexpected({ kind, at }: Token, wanted: string): HydraError {
    if (kind === '{' && this.source.text[at - 1] === '$')
      return this.error("an interpolation within brackets is put in quotes: '${…}'", at - 1);
    return this.error(`${wanted} was expected here, not ${NAMES[kind]}`, at);
  }

  tooMuch({ kind, at }: Token): HydraError {
    return this.error(`${NAMES[kind]} cannot follow here: the document is complete`, at);
  }
}

const NAMES: Readonly<Record<Kind, string>> = {
  'document start': 'the start of a document',
  'document end': 'the end of the document',
  'block sequence': 'a list',
  'block mapping': 'a mapping',
  'block end': 'a line further to the left',
  '[': '`[`',
  '{': '`{`',
  ']': '`]`',
  '}': '`}`',
  ',': '`,`',
  '-': 'an item of a list',
  '?': 'a key',
  ':': '`:`',
  end: 'the end of the text',
  alias: 'an alias',
  anchor: 'an anchor',
  tag: 'a tag',
  directive: 'a directive',
  scalar: 'a value',
};
