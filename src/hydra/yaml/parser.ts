import type { HydraError } from '../errors.js';
import type { Limits } from './limits.js';
import { MAP, type MappingNode, type Node, type Pair, SEQ, type SequenceNode, STR } from './nodes.js';
import { resolvePlain } from './scalar.js';
import { Scanner } from './scanner.js';
import type { Source } from './source.js';
import type { DirectiveToken, ScalarToken, TagToken, Token } from './tokens.js';

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
  const parser = new Parser(source, limits);
  const root = parser.document();
  return { root, aliased: parser.aliased };
}

type Kind = Token['kind'];

/** What may come before a node, and what then has to. */
interface Context {
  /** Whether a block may stand here; within flow collections none may. */
  block: boolean;
  /** Whether a list may, without being indented: below a key. */
  dashes: boolean;
}
const FLOW: Context = { block: false, dashes: false };
const BLOCK: Context = { block: true, dashes: false };
const BELOW_KEY: Context = { block: true, dashes: true };

class Parser {
  aliased = false;
  readonly #source: Source;
  readonly #scanner: Scanner;
  #peeked: Token | null = null;
  readonly #limits: Limits;
  readonly #anchors = new Map<string, Node>();
  #tagPrefixes = new Map<string, string>();
  #depth = 0;
  #nodes = 0;

  constructor(source: Source, limits: Limits) {
    this.#source = source;
    this.#limits = limits;
    this.#scanner = new Scanner(source);
  }

  document(): Node | null {
    if (this.#isNext('end')) return null;
    if (!this.#isNext('directive', 'document start')) {
      this.#tagPrefixes = new Map(STANDARD_PREFIXES);
      return this.#lastDocument(this.#node(BLOCK));
    }
    this.#documentStart();
    const empty = this.#isNext('directive', 'document start', 'document end', 'end');
    return this.#lastDocument(empty ? this.#emptyScalar(this.#next.at) : this.#node(BLOCK));
  }

  #documentStart(): void {
    this.#directives();
    const { kind, at } = this.#take();
    if (kind === 'document start') return;
    throw this.#source.error(
      'ParserError',
      `${FOUND[kind]} cannot follow here: the document is complete`,
      at,
    );
  }

  #lastDocument(root: Node): Node {
    while (this.#isNext('document end')) this.#take();
    if (this.#isNext('end')) return root;
    const { at } = this.#next;
    this.#documentStart();
    throw this.#source.error(
      'ComposerError',
      'a second document starts here, but a config is one document',
      at,
    );
  }

  #directives(): void {
    const prefixes = new Map<string, string>();
    let versions = 0;
    for (;;) {
      const token = this.#next;
      if (token.kind !== 'directive') break;
      this.#take();
      this.#directive(token, prefixes, versions);
      if (token.directive.name === 'YAML') versions++;
    }
    this.#tagPrefixes = new Map([...STANDARD_PREFIXES, ...prefixes]);
  }

  #directive({ directive, at }: DirectiveToken, prefixes: Map<string, string>, versions: number): void {
    if (directive.name === 'YAML') {
      if (versions > 0) throw this.#source.error('ParserError', 'the version of YAML is given twice', at);
      if (directive.major !== 1)
        throw this.#source.error('ParserError', 'only versions 1.x of YAML are read', at);
    } else if (directive.name === 'TAG') {
      const { handle, prefix } = directive;
      if (prefixes.has(handle))
        throw this.#source.error('ParserError', `the prefix of ${handle} is given twice`, at);
      prefixes.set(handle, prefix);
    }
  }

  #node(context: Context): Node {
    const token = this.#next;
    if (token.kind === 'alias') {
      this.#take();
      return this.#aliasedNode(token.name, token.at);
    }
    const { anchor, tag } = this.#properties();
    return this.#content(context, token.at, anchor, tag);
  }

  #aliasedNode(name: string, at: number): Node {
    const node = this.#anchors.get(name);
    if (node === undefined)
      throw this.#source.error(
        'ComposerError',
        `no anchor &${name} stands before this alias; a text that starts with \`*\` needs quotes`,
        at,
      );
    this.aliased = true;
    return node;
  }

  /** An anchor and a tag, in either order, each at most once. */
  #properties(): { anchor: string | null; tag: string | null } {
    let anchor: string | null = null;
    let tag: TagToken | null = null;
    while (anchor === null || tag === null) {
      const token = this.#next;
      if (token.kind === 'anchor' && anchor === null) anchor = token.name;
      else if (token.kind === 'tag' && tag === null) tag = token;
      else break;
      this.#take();
    }
    return { anchor, tag: tag === null ? null : this.#fullTag(tag) };
  }

  #fullTag({ handle, suffix, at }: TagToken): string {
    if (handle === null) return suffix;
    const prefix = this.#tagPrefixes.get(handle);
    if (prefix === undefined)
      throw this.#source.error('ParserError', `no %TAG directive says what ${handle} stands for`, at);
    return prefix + suffix;
  }

  #content({ block, dashes }: Context, at: number, anchor: string | null, tag: string | null): Node {
    const token = this.#next;
    const given = tag === '!' ? null : tag;
    const collection = (): string => {
      this.#checkAnchor(anchor, at);
      return given ?? (token.kind === '{' || token.kind === 'block mapping' ? MAP : SEQ);
    };
    switch (token.kind) {
      case 'scalar':
        this.#take();
        this.#checkAnchor(anchor, at);
        return this.#anchored(anchor, this.#scalar(given ?? this.#scalarTag(token, tag), at, token.text));
      case '[':
        return this.#sequence(collection(), at, anchor, (items) => this.#flowSequence(items));
      case '{':
        return this.#mapping(collection(), at, anchor, (pairs) => this.#flowMapping(pairs));
      case 'block sequence':
        if (block) return this.#sequence(collection(), at, anchor, (items) => this.#blockSequence(items));
        break;
      case 'block mapping':
        if (block) return this.#mapping(collection(), at, anchor, (pairs) => this.#blockMapping(pairs));
        break;
      case '-':
        if (dashes) return this.#sequence(collection(), at, anchor, (items) => this.#dashes(items));
        break;
    }
    if (anchor === null && tag === null) throw this.#unexpected('a value', token.kind, token.at);
    this.#checkAnchor(anchor, at);
    return this.#anchored(anchor, this.#scalar(given ?? resolvePlain(''), at, ''));
  }

  #scalarTag({ text, plain }: ScalarToken, tag: string | null): string {
    return plain || tag === '!' ? resolvePlain(text) : STR;
  }

  #checkAnchor(anchor: string | null, at: number): void {
    if (anchor !== null && this.#anchors.has(anchor))
      throw this.#source.error('ComposerError', `the anchor &${anchor} is given a second time`, at);
  }

  #anchored<N extends Node>(anchor: string | null, node: N): N {
    if (anchor !== null) this.#anchors.set(anchor, node);
    return node;
  }

  #scalar(tag: string, at: number, text: string): Node {
    this.#count(at);
    return { kind: 'scalar', tag, at, text };
  }

  #emptyScalar(at: number): Node {
    return this.#scalar(resolvePlain(''), at, '');
  }

  #sequence(tag: string, at: number, anchor: string | null, fill: (items: Node[]) => void): Node {
    const node: SequenceNode = { kind: 'sequence', tag, at, items: [] };
    this.#within(this.#anchored(anchor, node), () => fill(node.items));
    return node;
  }

  #mapping(tag: string, at: number, anchor: string | null, fill: (pairs: Pair[]) => void): Node {
    const node: MappingNode = { kind: 'mapping', tag, at, pairs: [] };
    this.#within(this.#anchored(anchor, node), () => fill(node.pairs));
    return node;
  }

  #within({ at }: Node, fill: () => void): void {
    this.#count(at);
    if (++this.#depth > this.#limits.depth)
      throw this.#source.error(
        'LimitError',
        `more than ${this.#limits.depth} collections within each other`,
        at,
      );
    fill();
    this.#depth--;
  }

  #count(at: number): void {
    if (++this.#nodes > this.#limits.nodes)
      throw this.#source.error('LimitError', `more than ${this.#limits.nodes} values in one file`, at);
  }

  // Block collections.

  #blockSequence(items: Node[]): void {
    this.#take();
    while (this.#isNext('-')) {
      const dash = this.#take();
      items.push(this.#isNext('-', 'block end') ? this.#emptyScalar(dash.at + 1) : this.#node(BLOCK));
    }
    this.#blockEnd('an item of the list');
  }

  /** A list below a key, as far to the left as the key. */
  #dashes(items: Node[]): void {
    while (this.#isNext('-')) {
      const dash = this.#take();
      items.push(
        this.#isNext('-', '?', ':', 'block end') ? this.#emptyScalar(dash.at + 1) : this.#node(BLOCK),
      );
    }
  }

  #blockMapping(pairs: Pair[]): void {
    this.#take();
    while (this.#isNext('?')) {
      const key = this.#blockPart('?');
      pairs.push([key, this.#blockPart(':')]);
    }
    this.#blockEnd('a key');
  }

  #blockPart(sign: '?' | ':'): Node {
    if (!this.#isNext(sign)) return this.#emptyScalar(this.#next.at);
    const { at } = this.#take();
    return this.#isNext('?', ':', 'block end') ? this.#emptyScalar(at + 1) : this.#node(BELOW_KEY);
  }

  #blockEnd(wanted: string): void {
    const { kind, at } = this.#take();
    if (kind !== 'block end') throw this.#unexpected(wanted, kind, at);
  }

  // Flow collections.

  #flowSequence(items: Node[]): void {
    const { at } = this.#take();
    while (this.#entry(']', at, items.length > 0)) {
      items.push(this.#isNext('?') ? this.#singlePair() : this.#node(FLOW));
    }
  }

  /** `[a: b]` is a list of one mapping. */
  #singlePair(): Node {
    return this.#mapping(MAP, this.#next.at, null, (pairs) => {
      pairs.push(this.#flowPair(']'));
    });
  }

  #flowMapping(pairs: Pair[]): void {
    const { at } = this.#take();
    while (this.#entry('}', at, pairs.length > 0)) {
      if (this.#isNext('?')) pairs.push(this.#flowPair('}'));
      else pairs.push([this.#node(FLOW), this.#emptyScalar(this.#next.at)]);
    }
  }

  #flowPair(close: ']' | '}'): Pair {
    const { at } = this.#take();
    const key = this.#isNext(':', ',', close) ? this.#emptyScalar(at) : this.#node(FLOW);
    if (!this.#isNext(':')) return [key, this.#emptyScalar(this.#next.at)];
    const colon = this.#take();
    return [key, this.#isNext(',', close) ? this.#emptyScalar(colon.at + 1) : this.#node(FLOW)];
  }

  /** Whether an entry follows; takes the comma before it, or the closing sign. */
  #entry(close: ']' | '}', open: number, further: boolean): boolean {
    if (!this.#isNext(close)) {
      if (further) this.#comma(close, open);
      if (!this.#isNext(close)) return true;
    }
    this.#take();
    return false;
  }

  #comma(close: ']' | '}', open: number): void {
    const { kind, at } = this.#next;
    if (kind === 'end')
      throw this.#source.error(
        'ParserError',
        `the \`${close === ']' ? '[' : '{'}\` that opens here is never closed`,
        open,
      );
    if (kind !== ',') throw this.#unexpected(`\`,\` or \`${close}\``, kind, at);
    this.#take();
  }

  get #next(): Token {
    this.#peeked ??= this.#scanner.peek();
    return this.#peeked;
  }

  #take(): Token {
    this.#peeked = null;
    return this.#scanner.take();
  }

  #isNext(first: Kind, second = first, third = first, fourth = first): boolean {
    const { kind } = this.#next;
    return kind === first || kind === second || kind === third || kind === fourth;
  }

  #unexpected(wanted: string, found: Kind, at: number): HydraError {
    return this.#source.error('ParserError', `${wanted} was expected here, not ${FOUND[found]}`, at);
  }
}

const STANDARD_PREFIXES: readonly (readonly [string, string])[] = [
  ['!', '!'],
  ['!!', 'tag:yaml.org,2002:'],
];

const FOUND: Readonly<Record<Kind, string>> = {
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
