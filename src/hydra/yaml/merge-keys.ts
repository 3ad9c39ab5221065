import type { Limits } from './limits.js';
import { type MappingNode, MERGE, type Node, type Pair, STR, VALUE } from './nodes.js';
import type { Source } from './source.js';

/** Replaces merge keys (`<<`) by the entries they stand for. */
export class MergeKeys {
  readonly #source: Source;
  readonly #limits: Limits;
  #merged = 0;
  #depth = 0;

  constructor(source: Source, limits: Limits) {
    this.#source = source;
    this.#limits = limits;
  }

  /**
   * Puts what `<<` takes from elsewhere before the mapping's own entries, where later ones win: of several mappings the
   * first named, of several `<<` the last. Changes the node, whoever comes first, and those it takes from.
   * `ConstructorError`: what stands behind `<<` is no mapping or list of mappings. `LimitError`.
   */
  flatten(node: MappingNode): void {
    if (!node.pairs.some(([{ tag }]) => tag === MERGE || tag === VALUE)) return;
    if (++this.#depth > this.#limits.depth) throw this.#tooMuch('merges within each other', 'depth', node);
    const merged: Pair[] = [];
    for (let index = 0; index < node.pairs.length; ) {
      const [key, value] = node.pairs[index]!;
      if (key.tag === MERGE) {
        // Gone before what it names is flattened: that may be this mapping.
        node.pairs.splice(index, 1);
        for (const pair of this.#taken(value)) merged.push(pair);
      } else {
        if (key.tag === VALUE) key.tag = STR;
        index++;
      }
    }
    node.pairs = merged.concat(node.pairs);
    this.#depth--;
  }

  #taken(value: Node): Pair[] {
    const mappings = value.kind === 'sequence' ? value.items : [value];
    const taken: Pair[][] = [];
    for (const mapping of mappings) {
      if (mapping.kind !== 'mapping') throw this.#notMapping(mapping);
      this.flatten(mapping);
      this.#merged += mapping.pairs.length;
      if (this.#merged > this.#limits.nodes) throw this.#tooMuch('entries merged', 'nodes', mapping);
      taken.unshift(mapping.pairs);
    }
    return taken.flat();
  }

  #notMapping({ at }: Node): Error {
    const message = '`<<` takes a mapping or a list of mappings, mostly by alias: `<<: *name`';
    return this.#source.error('ConstructorError', message, at);
  }

  #tooMuch(what: string, limit: keyof Limits, { at }: Node): Error {
    return this.#source.error('LimitError', `more than ${this.#limits[limit]} ${what}`, at);
  }
}
