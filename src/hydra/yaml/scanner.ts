import { scanBlockScalar } from './block-scalar.js';
import { scanPlain } from './plain.js';
import { scanAnchor, scanDirective, scanTag } from './properties.js';
import { scanQuoted } from './quoted.js';
import { BYTE_ORDER_MARK, COLON, END, HASH, isBlank, type Source, TAB } from './source.js';
import type { Sign, Token } from './tokens.js';

/** A place where a key may have started: only a `:` behind it will tell. */
interface KeyStart {
  /** Flow collections around it. */
  level: number;
  /** Which token it is, counted from the start of the text. */
  token: number;
  /** It is the first thing of a line of a block mapping: nothing but a key can stand there. */
  required: boolean;
  at: number;
  line: number;
  column: number;
}

/** A key lies in one line and is no longer than this. */
const KEY_LENGTH = 1024;

/**
 * The tokens of a text, as PyYAML finds them: like YAML 1.1, but tabs never indent, and a key ends with the line. What
 * opens and closes blocks are tokens too, though no character stands for them.
 */
export class Scanner {
  /** Read, and not yet taken. */
  readonly #tokens: Token[] = [];
  #taken = 0;
  #ended = false;
  /** Flow collections that are open; below zero behind a bracket too many, which the parser will not take. */
  #level = 0;
  /** Of the block that is open, -1 at the top. */
  #indent = -1;
  readonly #outerIndents: number[] = [];
  #keyMayStart = true;
  /** Of the last scalar, for messages. */
  #textStart = 0;
  /** One for each level at most, outermost first. */
  readonly #keyStarts: KeyStart[] = [];

  constructor(readonly source: Source) {}

  /** The next token, which stays. The last one is `end`. */
  peek(): Token {
    while (this.#needsMore()) this.#scan();
    const [token] = this.#tokens;
    if (token === undefined) throw new Error('read beyond the end of a text');
    return token;
  }

  /** Takes the next token. */
  take(): Token {
    const token = this.peek();
    this.#tokens.shift();
    this.#taken++;
    return token;
  }

  /** Whether the next token is known, and is not in question: it may turn out that a key started there. */
  #needsMore(): boolean {
    if (this.#ended) return false;
    if (this.#tokens.length === 0) return true;
    this.#dropStaleKeys();
    return this.#keyStarts[0]?.token === this.#taken;
  }

  #scan(): void {
    const { source } = this;
    this.#skipToToken();
    this.#dropStaleKeys();
    this.#closeBlocks(source.column);
    const code = source.code();
    if (code === END) this.#end();
    else if (code === PERCENT && source.column === 0) this.#directive();
    else if ((code === DASH || code === DOT) && source.column === 0 && source.startsMarker())
      this.#marker(code === DASH ? 'document start' : 'document end');
    else this.#scanWithin(code);
  }

  /** Within a document. */
  #scanWithin(code: number): void {
    switch (code) {
      case OPEN_BRACKET:
        this.#open('[');
        break;
      case OPEN_BRACE:
        this.#open('{');
        break;
      case CLOSE_BRACKET:
        this.#close(']');
        break;
      case CLOSE_BRACE:
        this.#close('}');
        break;
      case COMMA:
        this.#comma();
        break;
      case STAR:
      case AMPERSAND:
        this.#keyPart(scanAnchor);
        break;
      case EXCLAMATION:
        this.#keyPart(scanTag);
        break;
      case SINGLE_QUOTE:
      case DOUBLE_QUOTE:
        this.#keyPart(scanQuoted);
        break;
      case BAR:
      case GREATER:
        if (this.#level !== 0) throw this.#cannotStart();
        this.#block();
        break;
      case TAB:
      case PERCENT:
      case AT:
      case BACKTICK:
        throw this.#cannotStart();
      default:
        this.#indicatorOrPlain(code);
    }
  }

  /** `-`, `?` and `:` start a text unless a blank follows; in flow collections `?` and `:` never do. */
  #indicatorOrPlain(code: number): void {
    const inFlow = this.#level !== 0;
    const blankFollows = isBlank(this.source.code(1));
    if (code === DASH && blankFollows) this.#dash();
    else if (code === QUESTION && (inFlow || blankFollows)) this.#question();
    else if (code === COLON && (inFlow || blankFollows)) this.#colon();
    else this.#plain();
  }

  #skipToToken(): void {
    const { source } = this;
    if (source.at === 0 && source.code() === BYTE_ORDER_MARK) source.at++;
    for (;;) {
      source.skipSpaces();
      if (source.code() === HASH) source.skipLine();
      if (source.takeBreak() === '') return;
      if (this.#level === 0) this.#keyMayStart = true;
    }
  }

  #cannotStart(): Error {
    const { source } = this;
    const code = source.code();
    if (code === TAB)
      return source.error('ScannerError', 'a tab cannot stand here: YAML is indented and spaced with spaces');
    return source.error('ScannerError', `a value cannot start with ${source.shown()}: put it in quotes`);
  }

  // Keys that are told by the `:` behind them.

  #dropStaleKeys(): void {
    const { source } = this;
    for (;;) {
      const [key] = this.#keyStarts;
      if (key === undefined || (key.line === source.line && source.isWithin(KEY_LENGTH, key.at))) return;
      if (key.required) throw this.#colonMissing(key);
      this.#keyStarts.shift();
    }
  }

  #noteKeyStart(): void {
    if (!this.#keyMayStart) return;
    this.#forgetKeyStart();
    const { at, line, column } = this.source;
    const required = this.#level === 0 && this.#indent === column;
    const token = this.#taken + this.#tokens.length;
    this.#keyStarts.push({ level: this.#level, token, required, at, line, column });
  }

  /** Of this level. */
  #takeKeyStart(): KeyStart | undefined {
    return this.#keyStarts.at(-1)?.level === this.#level ? this.#keyStarts.pop() : undefined;
  }

  #forgetKeyStart(): void {
    const key = this.#takeKeyStart();
    if (key?.required) throw this.#colonMissing(key);
  }

  #colonMissing({ at }: KeyStart): Error {
    return this.source.error(
      'ScannerError',
      'a key must stand here, with `:` and a space behind it in the same line',
      at,
    );
  }

  // Blocks, which indentation opens and closes.

  /** In flow collections indentation does not count. */
  #closeBlocks(column: number): void {
    if (this.#level !== 0) return;
    while (this.#indent > column) {
      this.#indent = this.#outerIndents.pop() ?? -1;
      this.#add('block end');
    }
  }

  /** Whether something at this column opens a block. */
  #indentTo(column: number): boolean {
    if (this.#indent >= column) return false;
    this.#outerIndents.push(this.#indent);
    this.#indent = column;
    return true;
  }

  // One kind of token each.

  #add(kind: Sign, at = this.source.at): void {
    this.#tokens.push({ kind, at });
  }

  #sign(kind: Sign, length = 1): void {
    this.#add(kind);
    this.source.at += length;
  }

  #insert(place: number, kind: Sign, at: number): void {
    this.#tokens.splice(place - this.#taken, 0, { kind, at });
  }

  #end(): void {
    this.#closeBlocks(-1);
    this.#forgetKeyStart();
    this.#keyMayStart = false;
    this.#keyStarts.length = 0;
    this.#add('end');
    this.#ended = true;
  }

  #directive(): void {
    this.#closeBlocks(-1);
    this.#forgetKeyStart();
    this.#keyMayStart = false;
    this.#tokens.push(scanDirective(this.source));
  }

  #marker(kind: 'document start' | 'document end'): void {
    this.#closeBlocks(-1);
    this.#forgetKeyStart();
    this.#keyMayStart = false;
    this.#sign(kind, 3);
  }

  #open(kind: '[' | '{'): void {
    this.#noteKeyStart();
    this.#level++;
    this.#keyMayStart = true;
    this.#sign(kind);
  }

  #close(kind: ']' | '}'): void {
    this.#forgetKeyStart();
    this.#level--;
    this.#keyMayStart = false;
    this.#sign(kind);
  }

  #comma(): void {
    this.#keyMayStart = true;
    this.#forgetKeyStart();
    this.#sign(',');
  }

  #dash(): void {
    if (this.#level === 0) {
      if (!this.#keyMayStart)
        throw this.source.error(
          'ScannerError',
          'an item of a list cannot start here: each `-` starts a line of its own',
        );
      if (this.#indentTo(this.source.column)) this.#add('block sequence');
    }
    this.#keyMayStart = true;
    this.#forgetKeyStart();
    this.#sign('-');
  }

  #question(): void {
    if (this.#level === 0) {
      if (!this.#keyMayStart)
        throw this.source.error('ScannerError', 'a key cannot start here: `?` starts a line of its own');
      if (this.#indentTo(this.source.column)) this.#add('block mapping');
    }
    this.#keyMayStart = this.#level === 0;
    this.#forgetKeyStart();
    this.#sign('?');
  }

  #colon(): void {
    const key = this.#takeKeyStart();
    if (key !== undefined) {
      this.#insert(key.token, '?', key.at);
      if (this.#level === 0 && this.#indentTo(key.column)) this.#insert(key.token, 'block mapping', key.at);
      this.#keyMayStart = false;
    } else {
      if (this.#level === 0) {
        if (!this.#keyMayStart) throw this.#noKey();
        if (this.#indentTo(this.source.column)) this.#add('block mapping');
      }
      this.#keyMayStart = this.#level === 0;
      this.#forgetKeyStart();
    }
    this.#sign(':');
  }

  /** A `:` whose key is none, as it is not in this line alone or stands within a value. */
  #noKey(): Error {
    const { source } = this;
    const { line } = source.place(this.#textStart);
    if (line !== source.place(source.at).line)
      return source.error(
        'ScannerError',
        `this line goes on with the text of line ${line}, so no key can stand in it: is it indented wrongly, or a \`:\` missing above?`,
      );
    return source.error(
      'ScannerError',
      source.isWithin(KEY_LENGTH, this.#textStart)
        ? 'a second `: ` in one value: put the value in quotes, or start a new line for the key'
        : `a key has ${KEY_LENGTH} characters at most, unless it stands behind \`? \``,
    );
  }

  /** Anchors, aliases, tags, quoted scalars: a key may start with them, and none directly behind. */
  #keyPart(scan: (source: Source) => Token): void {
    this.#noteKeyStart();
    this.#keyMayStart = false;
    this.#textStart = this.source.at;
    this.#tokens.push(scan(this.source));
  }

  #plain(): void {
    this.#noteKeyStart();
    const { token, endedLine } = scanPlain(this.source, this.#indent + 1, this.#level !== 0);
    this.#keyMayStart = endedLine;
    this.#textStart = token.at;
    this.#tokens.push(token);
  }

  #block(): void {
    this.#keyMayStart = true;
    this.#forgetKeyStart();
    this.#tokens.push(scanBlockScalar(this.source, this.#indent));
  }
}

const EXCLAMATION = 33;
const DOUBLE_QUOTE = 34;
const PERCENT = 37;
const AMPERSAND = 38;
const SINGLE_QUOTE = 39;
const STAR = 42;
const COMMA = 44;
const DASH = 45;
const DOT = 46;
const GREATER = 62;
const QUESTION = 63;
const AT = 64;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const BACKTICK = 96;
const OPEN_BRACE = 123;
const BAR = 124;
const CLOSE_BRACE = 125;
