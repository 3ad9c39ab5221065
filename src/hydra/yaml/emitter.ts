import { floatRepr } from '../python/number.js';
import { Dict, isList, type Key, PathValue, type Scalar, type Value } from '../value.js';
import { isMultiline, leastQuotes } from './analysis.js';
import { foldDouble, foldPlain, foldSingle, type Layout, lengthOf } from './fold.js';
import { pathParts } from './path.js';
import { needsQuotes } from './scalar.js';

const STEP = 2;
/** A key that is longer, with its tag, is written behind `? `. */
const LONGEST_KEY = 127;

/** Writes values as PyYAML's dumper writes them in blocks. What it returns does not end with a line break. */
export class Emitter {
  /** Names of the paths that are written once and referred to. */
  readonly #anchors: ReadonlyMap<PathValue, string>;
  readonly #anchored = new Set<PathValue>();

  constructor(anchors: ReadonlyMap<PathValue, string>) {
    this.#anchors = anchors;
  }

  root(value: Value): string {
    if (isBlock(value)) return this.#block(value, 0);
    if (value instanceof PathValue) return this.#path(value, 0);
    return scalar(value, { column: 0, indent: STEP, split: true });
  }

  /** Starts in the line that is there, which is at `indent`. */
  #block(value: readonly Value[] | Dict<Value>, indent: number): string {
    return isList(value) ? this.#list(value, indent) : this.#mapping(value, indent);
  }

  #list(items: readonly Value[], indent: number): string {
    return items.map((item) => `- ${this.#behindSign(item, indent, indent + STEP)}`).join(newLine(indent));
  }

  #mapping(dict: Dict<Value>, indent: number): string {
    let text = '';
    for (const [key, value] of dict) {
      if (text !== '') text += newLine(indent);
      const name = simpleKey(key);
      if (name !== null) text += `${name}:${this.#behindKey(value, indent, indent + lengthOf(name) + 2)}`;
      else
        text += `? ${complexKey(key, indent)}${newLine(indent)}: ${this.#behindSign(value, indent, indent)}`;
    }
    return text;
  }

  /** A list stands below its key without being indented. */
  #behindKey(value: Value, indent: number, column: number): string {
    if (isBlock(value)) {
      const inner = isList(value) ? indent : indent + STEP;
      return newLine(inner) + this.#block(value, inner);
    }
    if (value instanceof PathValue) return ` ${this.#path(value, indent)}`;
    return ` ${scalar(value, { column, indent: indent + STEP, split: true })}`;
  }

  /** Behind `- ` and `: ` a block starts in the same line. */
  #behindSign(value: Value, indent: number, pathIndent: number): string {
    if (isBlock(value)) return this.#block(value, indent + STEP);
    if (value instanceof PathValue) return this.#path(value, pathIndent);
    return scalar(value, { column: indent + STEP, indent: indent + STEP, split: true });
  }

  /** A tag, and its parts as a list in the lines below. */
  #path(path: PathValue, indent: number): string {
    const anchor = this.#anchors.get(path);
    if (anchor !== undefined && this.#anchored.has(path)) return `*${anchor}`;
    this.#anchored.add(path);
    const head = `${anchor === undefined ? '' : `&${anchor} `}!!python/object/apply:pathlib.PosixPath`;
    const parts = pathParts(path.path);
    return parts.length === 0 ? `${head} []` : head + newLine(indent) + this.#list(parts, indent);
  }
}

const isBlock = (value: Value): value is readonly Value[] | Dict<Value> =>
  isList(value) ? value.length > 0 : value instanceof Dict && value.size > 0;

/** A key in one line; null when it has none, or is too long. */
function simpleKey(key: Key): string | null {
  if (key instanceof Uint8Array || key === '') return null;
  const text = typeof key === 'string' ? key : plainText(key);
  if (lengthOf(text) + tagLength(key) > LONGEST_KEY || isMultiline(text)) return null;
  return scalar(key, { column: 0, indent: 0, split: false });
}

/** PyYAML counts the tag, which it does not write. */
function tagLength(key: Exclude<Key, Uint8Array>): number {
  if (key === null || typeof key === 'boolean') return '!!bool'.length;
  return typeof key === 'number' ? '!!float'.length : '!!str'.length;
}

const complexKey = (key: Key, indent: number): string =>
  scalar(key, { column: indent + STEP, indent: indent + STEP, split: true });

function scalar(value: Scalar | readonly Value[] | Dict<Value>, layout: Layout): string {
  if (typeof value === 'string') return text(value, layout);
  if (value instanceof Uint8Array) return binary(value, layout.indent);
  if (isList(value)) return '[]';
  return value instanceof Dict ? '{}' : plainText(value);
}

function text(value: string, layout: Layout): string {
  const quotes = leastQuotes(value);
  if (quotes === 'double') return foldDouble(value, layout);
  return quotes === 'single' || needsQuotes(value) ? foldSingle(value, layout) : foldPlain(value, layout);
}

function plainText(value: Exclude<Scalar, string | Uint8Array>): string {
  if (typeof value === 'number') return floatText(value);
  return String(value);
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value < 0 ? '-.inf' : '.inf';
  const repr = floatRepr(value);
  // YAML 1.1 has no floats without a point.
  return repr.includes('.') ? repr : repr.replace('e', '.0e');
}

/** Lines of base64 as long as MIME has them. */
function binary(bytes: Uint8Array, indent: number): string {
  if (bytes.length === 0) return '!!binary ""';
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,76}/g) ?? [];
  return `!!binary |${lines.map((line) => newLine(indent) + line).join('')}`;
}

const PADS = Array.from({ length: 64 }, (_, indent) => `\n${' '.repeat(indent)}`);
const newLine = (indent: number): string => PADS[indent] ?? `\n${' '.repeat(indent)}`;
