import { Composer, type Properties } from './composer.js';
import type { Limits } from './limits.js';
import { Lookahead } from './lookahead.js';
import { MAP, type Node, type Pair, SEQ, STR } from './nodes.js';
import { resolvePlain } from './scalar.js';
import type { Source } from './source.js';
import type { DirectiveToken, ScalarToken, TagToken } from './tokens.js';

export interface Parsed {
  /** null: the text holds no document. */
  root: Node | null;
  /** Whether some node is reached by more than one way. */
  aliased: boolean;
}

/**
 * The one document of a text. `ScannerError`, `ParserError`: no YAML. `ComposerError`: an unknown alias, an anchor given
 * twice, a second document. `LimitError`.
 */
export function parse(source: Source, limits: Limits): Parsed {
  const composer = new Composer(source, limits);
  const root = new Parser(new Lookahead(source), composer).document();
  return { root, aliased: composer.aliased };
}

/** Where a node stands. Blocks stand in blocks alone; a list below a key may do without indentation. */
type Context = 'block' | 'below key' | 'flow';

class Parser {
  readonly #tokens: Lookahead;
  readonly #composer: Composer;
  #tagPrefixes: ReadonlyMap<string, string> = STANDARD_PREFIXES;

  constructor(tokens: Lookahead, composer: Composer) {
    this.#tokens = tokens;
    this.#composer = composer;
  }

  // Documents.

  document(): Node | null {
    const tokens = this.#tokens;
    if (tokens.isNext('end')) return null;
    if (!tokens.isNext('directive', 'document start')) return this.#lastDocument(this.#node('block'));
    this.#documentStart();
    const isEmpty = tokens.isNext('directive', 'document start', 'document end', 'end');
    return this.#lastDocument(isEmpty ? this.#composer.empty(tokens.next.at) : this.#node('block'));
  }

  #documentStart(): void {
    this.#directives();
    const token = this.#tokens.take();
    if (token.kind !== 'document start') throw this.#tokens.tooMuch(token);
  }

  #lastDocument(root: Node): Node {
    const tokens = this.#tokens;
    while (tokens.isNext('document end')) tokens.take();
    if (tokens.isNext('end')) return root;
    const { at } = tokens.next;
    this.#documentStart();
    const message = 'a second document starts here, but a config is one document';
    throw tokens.source.error('ComposerError', message, at);
  }

  #directives(): void {
    const prefixes = new Map<string, string>();
    let versions = 0;
    for (let token = this.#tokens.next; token.kind === 'directive'; token = this.#tokens.next) {
      this.#tokens.take();
      if (token.directive.name === 'YAML') this.#version(token.directive.major, token.at, versions++);
      else if (token.directive.name === 'TAG') this.#tagPrefix(token.directive, token.at, prefixes);
    }
    this.#tagPrefixes = new Map([...STANDARD_PREFIXES, ...prefixes]);
  }

  #version(major: number, at: number, before: number): void {
    if (before > 0) throw this.#tokens.error('the version of YAML is given twice', at);
    if (major !== 1) throw this.#tokens.error('only versions 1.x of YAML are read', at);
  }

  #tagPrefix({ handle, prefix }: TagDirective, at: number, prefixes: Map<string, string>): void {
    if (prefixes.has(handle)) throw this.#tokens.error(`the prefix of ${handle} is given twice`, at);
    prefixes.set(handle, prefix);
  }

  // Nodes.

  #node(context: Context): Node {
    const token = this.#tokens.next;
    if (token.kind !== 'alias') return this.#content(context, token.at);
    this.#tokens.take();
    return this.#composer.alias(token.name, token.at);
  }

  #content(context: Context, at: number): Node {
    const { anchor, tag } = this.#properties();
    const properties = { anchor, at };
    const given = tag === '!' ? null : tag;
    const token = this.#tokens.next;
    if (token.kind === 'scalar') {
      this.#tokens.take();
      return this.#composer.scalar(properties, given ?? scalarTag(token, tag), token.text);
    }
    const collection = this.#collection(context, properties, given);
    if (collection !== null) return collection;
    if (anchor === null && tag === null) throw this.#tokens.unexpected(token, 'a value');
    return this.#composer.scalar(properties, given ?? resolvePlain(''), '');
  }

  /** An anchor and a tag, in either order, each at most once. */
  #properties(): { anchor: string | null; tag: string | null } {
    let anchor: string | null = null;
    let tag: TagToken | null = null;
    while (anchor === null || tag === null) {
      const token = this.#tokens.next;
      if (token.kind === 'anchor' && anchor === null) anchor = token.name;
      else if (token.kind === 'tag' && tag === null) tag = token;
      else break;
      this.#tokens.take();
    }
    return { anchor, tag: tag === null ? null : this.#fullTag(tag) };
  }

  #fullTag({ handle, suffix, at }: TagToken): string {
    if (handle === null) return suffix;
    const prefix = this.#tagPrefixes.get(handle);
    if (prefix === undefined)
      throw this.#tokens.error(`no %TAG directive says what ${handle} stands for`, at);
    return prefix + suffix;
  }

  /** null: none starts here. */
  #collection(context: Context, properties: Properties, tag: string | null): Node | null {
    const composer = this.#composer;
    switch (this.#tokens.next.kind) {
      case '[':
        return composer.sequence(properties, tag ?? SEQ, (items) => this.#flowSequence(items));
      case '{':
        return composer.mapping(properties, tag ?? MAP, (pairs) => this.#flowMapping(pairs));
      case 'block sequence':
        if (context === 'flow') return null;
        return composer.sequence(properties, tag ?? SEQ, (items) => this.#blockSequence(items));
      case 'block mapping':
        if (context === 'flow') return null;
        return composer.mapping(properties, tag ?? MAP, (pairs) => this.#blockMapping(pairs));
      case '-':
        if (context !== 'below key') return null;
        return composer.sequence(properties, tag ?? SEQ, (items) => this.#dashes(items));
      default:
        return null;
    }
  }

  // Block collections.

  #blockSequence(items: Node[]): void {
    const tokens = this.#tokens;
    tokens.take();
    while (tokens.isNext('-')) {
      const { at } = tokens.take();
      items.push(tokens.isNext('-', 'block end') ? this.#composer.empty(at + 1) : this.#node('block'));
    }
    this.#blockEnd('an item of the list');
  }

  /** A list below a key, as far to the left as the key. */
  #dashes(items: Node[]): void {
    const tokens = this.#tokens;
    while (tokens.isNext('-')) {
      const { at } = tokens.take();
      const isEmpty = tokens.isNext('-', '?', ':', 'block end');
      items.push(isEmpty ? this.#composer.empty(at + 1) : this.#node('block'));
    }
  }

  #blockMapping(pairs: Pair[]): void {
    this.#tokens.take();
    while (this.#tokens.isNext('?')) {
      const key = this.#blockPart('?');
      pairs.push([key, this.#blockPart(':')]);
    }
    this.#blockEnd('a key');
  }

  #blockPart(sign: '?' | ':'): Node {
    const tokens = this.#tokens;
    if (!tokens.isNext(sign)) return this.#composer.empty(tokens.next.at);
    const { at } = tokens.take();
    return tokens.isNext('?', ':', 'block end') ? this.#composer.empty(at + 1) : this.#node('below key');
  }

  #blockEnd(wanted: string): void {
    const token = this.#tokens.take();
    switch (token.kind) {
      case 'block end':
        return;
      case 'block mapping':
      case 'block sequence':
        throw this.#tokens.error('the indentation of this line fits none of the lines above it', token.at);
      case 'scalar':
        throw this.#tokens.error(
          'the value before this is complete: is a quote missing, or one too many?',
          token.at,
        );
      default:
        throw this.#tokens.unexpected(token, wanted);
    }
  }

  // Flow collections.

  #flowSequence(items: Node[]): void {
    const { at } = this.#tokens.take();
    while (this.#isEntry(']', at, items.length > 0))
      items.push(this.#tokens.isNext('?') ? this.#singlePair() : this.#node('flow'));
  }

  /** `[a: b]` is a list of one mapping. */
  #singlePair(): Node {
    return this.#composer.mapping({ anchor: null, at: this.#tokens.next.at }, MAP, (pairs) => {
      pairs.push(this.#flowPair(']'));
    });
  }

  #flowMapping(pairs: Pair[]): void {
    const { at } = this.#tokens.take();
    while (this.#isEntry('}', at, pairs.length > 0))
      pairs.push(this.#tokens.isNext('?') ? this.#flowPair('}') : this.#keyAlone());
  }

  #keyAlone(): Pair {
    const key = this.#node('flow');
    return [key, this.#composer.empty(this.#tokens.next.at)];
  }

  #flowPair(close: ']' | '}'): Pair {
    const tokens = this.#tokens;
    const { at } = tokens.take();
    const key = tokens.isNext(':', ',', close) ? this.#composer.empty(at) : this.#node('flow');
    if (!tokens.isNext(':')) return [key, this.#composer.empty(tokens.next.at)];
    const colon = tokens.take();
    return [key, tokens.isNext(',', close) ? this.#composer.empty(colon.at + 1) : this.#node('flow')];
  }

  /** Whether an entry follows; takes the comma before it, or the closing sign. */
  #isEntry(close: ']' | '}', open: number, further: boolean): boolean {
    const tokens = this.#tokens;
    if (!tokens.isNext(close)) {
      if (further) this.#comma(close, open);
      if (!tokens.isNext(close)) return true;
    }
    tokens.take();
    return false;
  }

  #comma(close: ']' | '}', open: number): void {
    const tokens = this.#tokens;
    const token = tokens.next;
    if (token.kind === 'end')
      throw tokens.error(`the \`${tokens.source.text.charAt(open)}\` that opens here is never closed`, open);
    if (token.kind !== ',') {
      const { line } = tokens.source.place(open);
      throw tokens.unexpected(token, `\`,\` or \`${close}\`, for the bracket of line ${line},`);
    }
    tokens.take();
  }
}

type TagDirective = Extract<DirectiveToken['directive'], { name: 'TAG' }>;

const STANDARD_PREFIXES: ReadonlyMap<string, string> = new Map([
  ['!', '!'],
  ['!!', 'tag:yaml.org,2002:'],
]);

/** Quotes make a text of a scalar, unless the tag is `!`. */
const scalarTag = ({ text, plain }: ScalarToken, tag: string | null): string =>
  plain || tag === '!' ? resolvePlain(text) : STR;
