import { HydraError, isInterpolationError } from '../errors.js';
import { Dict, typeName, type Value } from '../value.js';
import { contentOf } from './argument.js';
import { copy, leafValue } from './create.js';
import {
  type Container,
  children,
  DictNode,
  fullKey,
  isContainer,
  isInterpolationNode,
  isMissingNode,
  items,
  Leaf,
  ListNode,
  type Node,
  place,
  plainContent,
  Result,
} from './node.js';
import type { Resolution } from './resolve.js';

/** What stands for a node whose interpolation fails; may throw again. */
export type Otherwise = (node: Node, error: unknown) => Value;

/** A node with every interpolation in it followed; '???' stays. */
export const resolvedContent = (node: Node, resolution: Resolution, otherwise: Otherwise = rethrow): Value =>
  contentBelow(node, 0, new Walk(resolution, otherwise));

function contentBelow(node: Node, depth: number, walk: Walk): Value {
  const { resolution, otherwise } = walk;
  walk.enter(node, depth);
  let found: Node;
  try {
    found = named(node, () => resolution.dereference(node));
  } catch (error) {
    return otherwise(node, error);
  }
  const content = plainContent(found);
  if (content !== undefined) return content;
  const deeper = (child: Node): Value => contentBelow(child, depth + 1, walk);
  if (found instanceof ListNode) return (items(found) ?? []).map(deeper);
  const dict = new Dict<Value>();
  if (found instanceof DictNode)
    for (const [key, child] of children(found) ?? []) dict.set(key, deeper(child));
  return dict;
}

/** Why interpolations in it cannot be followed, each with its key. */
export function unfollowed(node: Node, resolution: Resolution): HydraError[] {
  const found: HydraError[] = [];
  const look = (one: Node): void => {
    if (one instanceof DictNode) for (const child of children(one)?.values() ?? []) look(child);
    else if (one instanceof ListNode) for (const child of items(one) ?? []) look(child);
    if (!isInterpolationNode(one)) return;
    try {
      // What it leads to is looked at where it stands.
      named(one, () => resolution.dereference(one));
    } catch (error) {
      if (!(error instanceof HydraError)) throw error;
      found.push(error);
    }
  };
  look(node);
  return found;
}

/** How far interpolations of mappings and lists are followed: what a resolver puts into itself has no end. */
class Walk {
  #nodes = 0;

  constructor(
    readonly resolution: Resolution,
    readonly otherwise: Otherwise = rethrow,
  ) {}

  enter(node: Node, depth: number): void {
    if (depth > MAX_DEPTH)
      throw new HydraError('InterpolationResolutionError', 'Recursive interpolation detected', {
        key: fullKey(node),
      });
    if (++this.#nodes > MAX_NODES)
      throw new HydraError('LimitError', `interpolations stand for more than ${MAX_NODES} values`, {
        key: fullKey(node),
      });
  }
}

/** More than a file may have. */
const MAX_DEPTH = 400;
const MAX_NODES = 300_000;

const rethrow: Otherwise = (_, error) => {
  throw error;
};

/** Errors of interpolations name the key that they stand at. */
function named<T>(node: Node, resolve: () => T): T {
  try {
    return resolve();
  } catch (error) {
    if (!isInterpolationError(error) || error.details.key !== undefined) throw error;
    const { parent } = node;
    const declared =
      parent instanceof ListNode && parent.field.kind === 'list' ? 'Optional[List[Any]]' : undefined;
    throw new HydraError(error.type, error.message, {
      ...error.details,
      key: fullKey(node),
      declared,
      cause: error,
    });
  }
}

/** Replaces interpolations by what they stand for; one that leads to '???' becomes that. */
export const resolveInPlace = (node: Node, resolution: Resolution): void =>
  resolveBelow(node, 0, new Walk(resolution));

function resolveBelow(node: Node, depth: number, walk: Walk): void {
  if (node instanceof DictNode)
    for (const [, child] of children(node) ?? []) resolveChild(node, child, depth, walk);
  else if (node instanceof ListNode)
    for (const child of items(node) ?? []) resolveChild(node, child, depth, walk);
}

function resolveChild(parent: Container, child: Node, depth: number, walk: Walk): void {
  walk.enter(child, depth);
  if (!isInterpolationNode(child)) {
    resolveBelow(child, depth + 1, walk);
    return;
  }
  const found = named(child, () => dereferenceOrMissing(child, walk.resolution));
  if (isContainer(found)) {
    resolveBelow(found, depth + 1, walk);
    replace(parent, child, copy(found));
  } else if (child instanceof Leaf) child.value = leafContent(child, found);
}

function dereferenceOrMissing(node: Node, resolution: Resolution): Node {
  try {
    return resolution.dereference(node);
  } catch (error) {
    if (error instanceof HydraError && error.type === 'InterpolationToMissingValueError')
      return new Leaf('???');
    throw error;
  }
}

/** A mapping or list that a resolver made is no plain value and cannot be stored. */
function leafContent(leaf: Leaf, found: Node): Leaf['value'] {
  const value = found instanceof Result ? found.value : contentOf(found);
  if (value === '???') return value;
  if (value instanceof Dict || Array.isArray(value))
    throw new HydraError(
      'UnsupportedValueType',
      `Value '${typeName(value)}' is not a supported primitive type`,
      {
        key: fullKey(leaf),
        hint: 'a resolver gave a mapping or list that is no part of the configuration: oc.create makes it one',
      },
    );
  return leafValue(value, leaf.field);
}

function replace(parent: Container, old: Node, node: Node): void {
  if (parent instanceof DictNode) {
    const content = children(parent);
    if (content !== null) place(parent, content, old.key, node);
    return;
  }
  const into = items(parent);
  const index = into?.indexOf(old) ?? -1;
  if (into === null || index < 0) return;
  node.parent = parent;
  node.key = old.key;
  into[index] = node;
}

/** The full keys of all '???', through interpolations of mappings and lists as OmegaConf goes. */
export function missingKeys(node: Node, resolution: Resolution): string[] {
  const found = new Set<string>();
  const walk = new Walk(resolution);
  const gather = (container: Container, depth: number): void => {
    const all =
      container instanceof DictNode ? (children(container)?.values() ?? []) : (items(container) ?? []);
    for (const child of all) {
      walk.enter(child, depth);
      if (isMissingNode(child)) found.add(fullKey(child));
      else {
        const target = named(child, () => resolution.dereference(child));
        if (isMissingNode(target))
          throw new HydraError('InterpolationToMissingValueError', `${fullKey(child)} is missing`);
        if (isContainer(target)) gather(target, depth + 1);
      }
    }
  };
  if (isContainer(node)) gather(node, 0);
  return [...found];
}
