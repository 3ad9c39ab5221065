import type { ErrorType, HydraError } from '../errors.js';
import { Dict, type Key, PathValue, type Scalar, type Value } from '../value.js';
import { decodeBase64 } from './binary.js';
import { checkExpansion } from './expansion.js';
import type { Limits } from './limits.js';
import { MergeKeys } from './merge-keys.js';
import type { MappingNode, Node, ScalarNode, SequenceNode } from './nodes.js';
import * as tags from './nodes.js';
import { yamlFloat, yamlInt } from './numbers.js';
import type { Parsed } from './parser.js';
import { joinPath } from './path.js';
import type { Source } from './source.js';

/**
 * The value of a document. What aliases share is shared in the value, too. `ConstructorError`, `ValueError`, `KeyError`,
 * `TypeError`: a tag does not fit its value; `UnsupportedValueType`: a value that no config may hold; `LimitError`.
 */
export function construct({ root, aliased }: Parsed, source: Source, limits: Limits): Value {
  if (root === null) return null;
  const construction = new Construction(source, aliased, new MergeKeys(source, limits));
  const value = construction.run(root);
  if (aliased) checkExpansion(root, source, limits);
  return value;
}

/**
 * Collections are made empty and filled in order of their level, as PyYAML does: which of two mappings is flattened
 * first can be seen in what counts as a duplicate key.
 */
class Construction {
  readonly #source: Source;
  readonly #merges: MergeKeys;
  /** What was made of each node; null when no node is reached twice. */
  readonly #made: Map<Node, Value> | null;
  readonly #unfilled: (() => void)[] = [];
  /** Python makes values that no config may hold; that is found only when all are made. */
  #unsupported: HydraError | null = null;

  constructor(source: Source, aliased: boolean, merges: MergeKeys) {
    this.#source = source;
    this.#merges = merges;
    this.#made = aliased ? new Map() : null;
  }

  run(root: Node): Value {
    const value = this.#value(root);
    // The list grows while it is worked off.
    for (const fill of this.#unfilled) fill();
    if (this.#unsupported !== null) throw this.#unsupported;
    return value;
  }

  #value(node: Node): Value {
    const made = this.#made?.get(node);
    if (made !== undefined) return made;
    const value = this.#make(node);
    this.#made?.set(node, value);
    return value;
  }

  #make(node: Node): Value {
    switch (node.tag) {
      case tags.STR:
        return this.#text(node);
      case tags.MAP:
        return this.#filled(new Dict<Value>(), (dict) => this.#fillDict(dict, node));
      case tags.SEQ:
        return this.#filled<Value[]>([], (list) => this.#fillList(list, node));
      case tags.NULL:
        this.#text(node);
        return null;
      case tags.BOOL:
        return this.#bool(node);
      case tags.INT:
        return this.#number(node, yamlInt, 'an integer');
      case tags.FLOAT:
        return this.#number(node, yamlFloat, 'a number');
      case tags.BINARY:
        return this.#bytes(node);
      case tags.OMAP:
      case tags.PAIRS:
        return this.#filled<Value[]>([], (list) => this.#fillPairs(list, node));
      case tags.SET:
        this.#reject(node, 'a config holds no sets');
        return this.#filled(new Dict<Value>(), (dict) => this.#fillDict(dict, node));
      case tags.TIMESTAMP:
        this.#text(node);
        this.#reject(node, 'a config holds no dates: without the tag it is a text');
        return null;
      default:
        if (tags.PATHS.has(node.tag)) return this.#path(node);
        throw this.#unknownTag(node);
    }
  }

  #filled<T extends Value>(collection: T, fill: (collection: T) => void): T {
    this.#unfilled.push(() => fill(collection));
    return collection;
  }

  /** A mapping stands for its entry `=`, where a scalar is wanted. */
  #text(node: Node): string {
    if (node.kind === 'scalar') return node.text;
    const inner = node.kind === 'mapping' && node.pairs.find(([{ tag }]) => tag === tags.VALUE);
    if (inner) return this.#text(inner[1]);
    throw this.#wrongKind(node, 'a scalar');
  }

  #bool(node: Node): boolean {
    const text = this.#text(node);
    const value = BOOLS.get(text.toLowerCase());
    if (value === undefined) throw this.#error(node, `\`${short(text)}\` is no boolean`, 'KeyError');
    return value;
  }

  #number<N>(node: Node, read: (text: string) => N | null, kind: string): N {
    const text = this.#text(node);
    const value = read(text);
    if (value === null) throw this.#error(node, `\`${short(text)}\` is not ${kind}`, 'ValueError');
    return value;
  }

  #bytes(node: Node): Uint8Array {
    const text = this.#text(node);
    const bytes = /[^\0-\x7f]/.test(text) ? null : decodeBase64(text);
    if (bytes === null) throw this.#error(node, 'this is not base64');
    return bytes;
  }

  #path(node: Node): PathValue {
    const parts = this.#sequence(node).items.map((item) => {
      const part = this.#value(item);
      if (typeof part !== 'string') throw this.#error(item, 'the parts of a path are texts', 'TypeError');
      return part;
    });
    return new PathValue(joinPath(parts));
  }

  #fillList(list: Value[], node: Node): void {
    for (const item of this.#sequence(node).items) list.push(this.#value(item));
  }

  #fillDict(dict: Dict<Value>, node: Node): void {
    if (node.kind !== 'mapping') throw this.#noMapping(node);
    this.#checkDuplicates(node);
    this.#merges.flatten(node);
    for (const [key, value] of node.pairs) dict.set(this.#key(key), this.#value(value));
  }

  /** Of texts alone: for other keys the last value counts. */
  #checkDuplicates({ pairs }: MappingNode): void {
    const seen = new Map<string, Node>();
    for (const [key] of pairs) {
      if (key.tag !== tags.STR) continue;
      if (key.kind !== 'scalar') throw this.#noKey(key, 'TypeError');
      const first = seen.get(key.text);
      if (first !== undefined) throw this.#duplicate(key, first);
      seen.set(key.text, key);
    }
  }

  #duplicate(key: ScalarNode, first: Node): HydraError {
    const { line } = this.#source.place(first.at);
    return this.#error(
      key,
      `the key \`${short(key.text)}\` stands twice in one mapping, first in line ${line}`,
    );
  }

  #key(node: Node): Key {
    const key = this.#value(node);
    if (isKey(key)) return key;
    if (!(key instanceof PathValue)) throw this.#noKey(node);
    this.#reject(node, 'a path cannot be a key', 'KeyValidationError');
    return key.path;
  }

  #noKey(node: Node, type?: ErrorType): HydraError {
    const message = 'a list or mapping cannot be a key: a text that starts with a bracket needs quotes';
    return this.#error(node, message, type);
  }

  /** Lists of one mapping with one entry each. */
  #fillPairs(list: Value[], node: Node): void {
    for (const item of this.#sequence(node).items) {
      if (item.kind !== 'mapping' || item.pairs.length !== 1)
        throw this.#error(item, 'each item of this list has to be a mapping with one entry');
      list.push(item.pairs.flat().map((part) => this.#value(part)));
    }
  }

  #sequence(node: Node): SequenceNode {
    if (node.kind !== 'sequence') throw this.#wrongKind(node, 'a list');
    return node;
  }

  /** The kinds of errors are those of Python, which looks at entries before it looks at the kind. */
  #noMapping(node: ScalarNode | SequenceNode): HydraError {
    if (node.kind === 'scalar')
      return this.#wrongKind(node, 'a mapping', node.text === '' ? undefined : 'ValueError');
    return this.#wrongKind(node, 'a mapping', node.items.length === 0 ? undefined : 'TypeError');
  }

  #wrongKind(node: Node, wanted: string, type?: ErrorType): HydraError {
    return this.#error(node, `the tag ${shownTag(node.tag)} needs ${wanted}, not ${KINDS[node.kind]}`, type);
  }

  #unknownTag(node: Node): HydraError {
    const alone = node.tag === tags.MERGE || node.tag === tags.VALUE;
    if (alone && node.kind === 'scalar')
      return this.#error(node, `\`${short(node.text)}\` is a value only in quotes`);
    return this.#error(
      node,
      `the tag ${shownTag(node.tag)} is not known; a text that starts with \`!\` needs quotes`,
    );
  }

  #reject(node: Node, message: string, type: ErrorType = 'UnsupportedValueType'): void {
    this.#unsupported ??= this.#error(node, message, type);
  }

  #error({ at }: Node, message: string, type: ErrorType = 'ConstructorError'): HydraError {
    return this.#source.error(type, message, at);
  }
}

const isKey = (value: Value): value is Key & Scalar =>
  value instanceof Uint8Array || value === null || typeof value !== 'object';

const BOOLS: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['no', false],
  ['true', true],
  ['false', false],
  ['on', true],
  ['off', false],
]);

const KINDS = { scalar: 'a scalar', sequence: 'a list', mapping: 'a mapping' };

const shownTag = (tag: string): string => short(tag.replace(/^tag:yaml\.org,2002:/, '!!'));
const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
