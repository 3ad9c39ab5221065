import { type ErrorType, HydraError, type Place } from '../errors.js';

/** Codes of the characters that scanning asks for most. `END` stands behind the text; no text holds it. */
export const END = 0;
export const TAB = 9;
export const SPACE = 32;
export const HASH = 35;
export const COLON = 58;
const BACKTICK = 96;
export const BYTE_ORDER_MARK = 0xfeff;

/** YAML 1.1 knows five line breaks: LF, CR, NEL, LS and PS. */
export const isBreak = (code: number): boolean =>
  code === 10 || code === 13 || code === 0x85 || code === 0x2028 || code === 0x2029;

export const isBreakOrEnd = (code: number): boolean => code === END || isBreak(code);

/** A space, a tab, a line break or the end: of the control characters a text holds only these. */
export const isBlank = (code: number): boolean =>
  code <= SPACE || code === 0x85 || code === 0x2028 || code === 0x2029;

/** A text, and the point up to which it was read. */
export class Source {
  readonly text: string;
  at = 0;
  /** Of `at`, from 0. */
  line = 0;
  /** Where the line of `at` starts. */
  lineStart = 0;
  /** Whether some characters are two units long, or are a byte order mark, which has no width. */
  readonly #uneven: boolean;
  #counted = { from: 0, to: 0, excess: 0 };

  /** `ReaderError`: the text holds a character that YAML does not allow. */
  constructor(
    text: string,
    readonly file: string | undefined,
  ) {
    this.text = `${text}\0`;
    this.#uneven = UNEVEN.test(text);
    const at = firstUnprintable(text);
    if (at >= 0) throw this.error('ReaderError', unprintable(text, at), at);
  }

  code(offset = 0): number {
    return this.text.charCodeAt(this.at + offset);
  }

  /** Of `at` in its line, from 0, in characters. */
  get column(): number {
    const units = this.at - this.lineStart;
    return this.#uneven ? units - this.#excess() : units;
  }

  /** Whether no more than `length` characters lie between a point before and here. */
  isWithin(length: number, from: number): boolean {
    const units = this.at - from;
    return (
      units <= length || (this.#uneven && units - count(this.text, from, this.at, isLowSurrogate) <= length)
    );
  }

  skipSpaces(): void {
    while (this.text.charCodeAt(this.at) === SPACE) this.at++;
  }

  /** Moves to the end of the line. */
  skipLine(): void {
    while (!isBreakOrEnd(this.text.charCodeAt(this.at))) this.at++;
  }

  /** Reads a line break and returns what it means: LF for most, LS and PS for themselves, '' when there is none. */
  takeBreak(): string {
    const code = this.code();
    if (!isBreak(code)) return '';
    this.at += code === 13 && this.code(1) === 10 ? 2 : 1;
    this.line++;
    this.lineStart = this.at;
    return code === 0x2028 ? '\u2028' : code === 0x2029 ? '\u2029' : '\n';
  }

  /** Whether `---` or `...` stands here and nothing directly behind it. */
  startsMarker(): boolean {
    const code = this.code();
    if (code !== 45 && code !== 46) return false;
    return this.code(1) === code && this.code(2) === code && isBlank(this.code(3));
  }

  /** The character here, as messages show it. */
  shown(): string {
    const code = this.text.codePointAt(this.at) ?? END;
    if (code === END) return 'the end of the text';
    if (code === TAB) return 'a tab';
    if (code === SPACE) return 'a space';
    if (code === BACKTICK) return 'a backtick';
    return isBreak(code) ? 'the end of the line' : `\`${String.fromCodePoint(code)}\``;
  }

  error(type: ErrorType, message: string, at = this.at): HydraError {
    return new HydraError(type, message, { place: this.place(at), source: lineAt(this.text, at) });
  }

  place(at: number): Place {
    const place = placeOf(this.text, at);
    return this.file === undefined ? place : { file: this.file, ...place };
  }

  /** What the units of the line count too much, counted on from where the last count ended. */
  #excess(): number {
    const { lineStart, at } = this;
    if (this.#counted.from !== lineStart || this.#counted.to > at)
      this.#counted = { from: lineStart, to: lineStart, excess: 0 };
    this.#counted.excess += count(this.text, this.#counted.to, at, isExcess);
    this.#counted.to = at;
    return this.#counted.excess;
  }
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
const isExcess = (code: number): boolean => code === BYTE_ORDER_MARK || isLowSurrogate(code);

function count(text: string, from: number, to: number, counted: (code: number) => boolean): number {
  let found = 0;
  for (let at = from; at < to; at++) if (counted(text.charCodeAt(at))) found++;
  return found;
}

const UNEVEN = /[\ud800-\udfff\ufeff]/;
const UNPRINTABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

function firstUnprintable(text: string): number {
  const control = text.search(UNPRINTABLE);
  if (text.isWellFormed()) return control;
  const lone = text.search(LONE_SURROGATE);
  return control < 0 ? lone : Math.min(control, lone);
}

function unprintable(text: string, at: number): string {
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  return `the character U+${code} is not allowed in YAML: write it as an escape within double quotes`;
}

/** Lines as editors count them. */
function placeOf(text: string, at: number): Place {
  let line = 1;
  for (let i = 0; i < at; i++) {
    const code = text.charCodeAt(i);
    if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) line++;
  }
  const start = startOfLine(text, at);
  return { line, column: at - start - count(text, start, at, isLowSurrogate) + 1 };
}

const startOfLine = (text: string, at: number): number =>
  at === 0 ? 0 : Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1;

/** Of a long line only what people can look at. */
const LINE_SHOWN = 400;

function lineAt(text: string, at: number): string | undefined {
  const start = startOfLine(text, at);
  if (at - start >= LINE_SHOWN) return undefined;
  return /^[^\r\n\0]*/.exec(text.slice(start, start + LINE_SHOWN))?.[0];
}
