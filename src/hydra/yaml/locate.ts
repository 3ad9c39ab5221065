import type { Place } from '../errors.js';
import { HydraError } from '../errors.js';
import { equal, type Key, type Value } from '../value.js';
import { construct } from './construct.js';
import { DEFAULT_LIMITS } from './limits.js';
import { MergeKeys } from './merge-keys.js';
import type { MappingNode, Node } from './nodes.js';
import { parse } from './parser.js';
import { Source } from './source.js';

/** Keys of mappings and numbers of items, outermost first. */
export type Path = readonly (Key | number)[];

/**
 * Where the value at `path` stands in a text, or the key that leads to it; null when there is none, or the text is no
 * YAML. What came by an alias or a merge is found where it was written. Reads the text anew: it is for error messages.
 */
export function locate(text: string, path: Path, what: 'value' | 'key' = 'value'): Place | null {
  try {
    const source = new Source(text, undefined);
    const at = new Locator(source).find(path, what);
    return at === null ? null : source.place(at);
  } catch (error) {
    if (error instanceof HydraError) return null;
    throw error;
  }
}

class Locator {
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  find(path: Path, what: 'value' | 'key'): number | null {
    let node = parse(this.#source, DEFAULT_LIMITS).root;
    let key = node;
    for (const part of path) {
      const step = node === null ? null : this.#step(node, part);
      if (step === null) return null;
      key = step.key;
      node = step.value;
    }
    return (what === 'key' ? key : node)?.at ?? null;
  }

  /** An item of a list is its own key. */
  #step(node: Node, part: Key | number): { key: Node; value: Node } | null {
    if (node.kind === 'mapping') return this.#entry(node, part);
    if (node.kind === 'scalar' || (typeof part !== 'number' && typeof part !== 'bigint')) return null;
    const item = node.items[Number(part)];
    return item === undefined ? null : { key: item, value: item };
  }

  /** Of equal keys the last one counts. */
  #entry(node: MappingNode, part: Key | number): { key: Node; value: Node } | null {
    new MergeKeys(this.#source, DEFAULT_LIMITS).flatten(node);
    const found = node.pairs.findLast(([key]) => equal(this.#keyOf(key), part));
    return found === undefined ? null : { key: found[0], value: found[1] };
  }

  #keyOf(root: Node): Value {
    return construct({ root, aliased: false }, this.#source, DEFAULT_LIMITS);
  }
}
