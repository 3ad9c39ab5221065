import type { Limits } from './limits.js';
import type { MappingNode, Node, Pair, SequenceNode } from './nodes.js';
import { resolvePlain } from './scalar.js';
import type { Source } from './source.js';

/** What stands before a node. */
export interface Properties {
  anchor: string | null;
  /** Where the node starts with what stands before it. */
  at: number;
}

/** Makes the nodes of a document: counts them and remembers the anchors. */
export class Composer {
  /** Whether some node is reached by more than one way. */
  aliased = false;
  readonly #source: Source;
  readonly #limits: Limits;
  readonly #anchors = new Map<string, Node>();
  #depth = 0;
  #nodes = 0;

  constructor(source: Source, limits: Limits) {
    this.#source = source;
    this.#limits = limits;
  }

  /** The node that an alias stands for. `ComposerError`. */
  alias(name: string, at: number): Node {
    const node = this.#anchors.get(name);
    if (node === undefined) {
      const message = `no anchor &${name} stands before this alias; a text that starts with \`*\` needs quotes`;
      throw this.#source.error('ComposerError', message, at);
    }
    this.aliased = true;
    return node;
  }

  scalar({ anchor, at }: Properties, tag: string, text: string): Node {
    return this.#noted(anchor, { kind: 'scalar', tag, at, text });
  }

  /** What is left out, as in `key:` alone. */
  empty(at: number): Node {
    return this.scalar({ anchor: null, at }, resolvePlain(''), '');
  }

  sequence({ anchor, at }: Properties, tag: string, fill: (items: Node[]) => void): Node {
    const node: SequenceNode = { kind: 'sequence', tag, at, items: [] };
    return this.#filled(this.#noted(anchor, node), () => fill(node.items));
  }

  mapping({ anchor, at }: Properties, tag: string, fill: (pairs: Pair[]) => void): Node {
    const node: MappingNode = { kind: 'mapping', tag, at, pairs: [] };
    return this.#filled(this.#noted(anchor, node), () => fill(node.pairs));
  }

  /** The anchor is known within the node: an alias there makes a cycle. */
  #noted(anchor: string | null, node: Node): Node {
    if (++this.#nodes > this.#limits.nodes)
      throw this.#source.error('LimitError', `more than ${this.#limits.nodes} values in one file`, node.at);
    if (anchor === null) return node;
    if (this.#anchors.has(anchor))
      throw this.#source.error('ComposerError', `the anchor &${anchor} is given a second time`, node.at);
    this.#anchors.set(anchor, node);
    return node;
  }

  #filled(node: Node, fill: () => void): Node {
    const { depth } = this.#limits;
    if (++this.#depth > depth)
      throw this.#source.error('LimitError', `more than ${depth} collections within each other`, node.at);
    fill();
    this.#depth--;
    return node;
  }
}
