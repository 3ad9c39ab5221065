import { str } from '../python/text.js';
import type { Dict, Key, Scalar, Value } from '../value.js';
import { ANY, type Field, isInterpolation, isMissing, type Struct } from './field.js';

/**
 * A configuration while it is worked on: a tree in which each node knows its parent, for interpolations are relative to
 * where they stand. Values are read and written as `Value`.
 */
export type Node = Leaf | Container | Result;
export type Container = DictNode | ListNode;

/** Content of a container that holds no children: null, '???' or an interpolation (typed containers only). */
export type Special = null | string;

abstract class Child {
  parent: Container | null = null;
  /** Under which the parent holds it. */
  key: Key = null;
}

export class Leaf extends Child {
  constructor(
    public value: Scalar,
    readonly field: Field = ANY,
  ) {
    super();
  }
}

export class DictNode extends Child {
  /** What it is: a dataclass, or null for a plain mapping. */
  struct: Struct | null = null;

  constructor(
    public content: Dict<Node> | Special,
    /** What the place that holds it was declared as. */
    public field: Field = ANY,
    /** What its elements were declared as. */
    public element: Field = ANY,
  ) {
    super();
  }
}

export class ListNode extends Child {
  constructor(
    public content: Node[] | Special,
    public field: Field = ANY,
    public element: Field = ANY,
  ) {
    super();
  }
}

/** What an interpolation resolved to, when that is no node of the tree. */
export class Result extends Child {
  constructor(readonly value: Value) {
    super();
  }
}

export const isContainer = (node: unknown): node is Container =>
  node instanceof DictNode || node instanceof ListNode;

export const isNode = (node: unknown): node is Node =>
  node instanceof Leaf || node instanceof Result || isContainer(node);

/** The scalar of a leaf, the special content of a container, undefined for a container with children. */
export function plainContent(node: Node): Value | undefined {
  if (node instanceof Leaf || node instanceof Result) return node.value;
  return node.content === null || typeof node.content === 'string' ? node.content : undefined;
}

export const isNullNode = (node: Node): boolean => plainContent(node) === null;
export const isMissingNode = (node: Node): boolean =>
  !(node instanceof Result) && isMissing(plainContent(node));
/** The result of an interpolation is none itself. */
export const isInterpolationNode = (node: Node): boolean =>
  !(node instanceof Result) && isInterpolation(plainContent(node));

export const children = (node: DictNode): Dict<Node> | null =>
  node.content === null || typeof node.content === 'string' ? null : node.content;
export const items = (node: ListNode): Node[] | null => (Array.isArray(node.content) ? node.content : null);

export function rootOf(node: Node): Node {
  let root = node;
  while (root.parent !== null) root = root.parent;
  return root;
}

/** Puts a node that belongs to nobody under a key of a mapping. */
export function place(parent: DictNode, content: Dict<Node>, key: Key, node: Node): void {
  node.parent = parent;
  node.key = key;
  content.set(key, node);
}

/** Where a node stands, as people write it: `a.b[0].c`. */
export function fullKey(node: Node): string {
  // An empty key stands for its container, whose own key has no brackets then.
  const holder = node.key === '' ? node.parent : null;
  let full = '';
  for (let at: Node = holder ?? node; at.parent !== null; at = at.parent) {
    // What a resolver made has no key.
    if (at.key === null) continue;
    const key = at.parent instanceof ListNode && at !== holder ? `[${str(at.key)}]` : str(at.key);
    full = key + (full === '' || at instanceof ListNode ? '' : '.') + full;
  }
  return full;
}
