import type { Limits } from './limits.js';
import type { Node } from './nodes.js';
import type { Source } from './source.js';

interface Extent {
  /** Scalars and collections, those behind aliases as often as they are reached. */
  nodes: number;
  /** Collections within each other. */
  depth: number;
}

/**
 * Checks what aliases make of a document: it must be finite and within the limits when each alias is replaced by what
 * it stands for. `ConstructorError`: a value contains itself. `LimitError`.
 */
export function checkExpansion(root: Node, source: Source, limits: Limits): void {
  /** null while the node is being measured. */
  const extents = new Map<Node, Extent | null>();

  const measure = (node: Node, level: number): Extent => {
    if (node.kind === 'scalar') return SCALAR;
    const known = extents.get(node);
    if (known === null)
      throw source.error(
        'ConstructorError',
        'an alias within this value stands for the value itself: it never ends',
        node.at,
      );
    if (known !== undefined) return within(known, level, node);
    extents.set(node, null);
    const extent = { nodes: 1, depth: 1 };
    for (const child of node.kind === 'sequence' ? node.items : node.pairs.flat()) {
      const { nodes, depth } = measure(child, level + 1);
      extent.nodes += nodes;
      extent.depth = Math.max(extent.depth, depth + 1);
    }
    extents.set(node, extent);
    return within(extent, level, node);
  };

  const within = (extent: Extent, level: number, { at }: Node): Extent => {
    if (extent.nodes > limits.nodes)
      throw source.error('LimitError', `aliases make more than ${limits.nodes} values of this`, at);
    if (level + extent.depth > limits.depth)
      throw source.error(
        'LimitError',
        `aliases put more than ${limits.depth} collections within each other`,
        at,
      );
    return extent;
  };

  measure(root, 0);
}

const SCALAR: Extent = { nodes: 1, depth: 0 };
