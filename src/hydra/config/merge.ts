import { HydraError } from '../errors.js';
import { Dict, isList, type Key, type Value } from '../value.js';
import { append, checkedKey, copy, create, leafValue, structNode, unknownKey } from './create.js';
import { ANY, type Field, isMissing, isOptional, isSpecialText, unfit } from './field.js';
import {
  children,
  DictNode,
  isContainer,
  isInterpolationNode,
  isMissingNode,
  isNullNode,
  items,
  Leaf,
  ListNode,
  type Node,
  place,
} from './node.js';
import type { Resolution } from './resolve.js';

// Merging as OmegaConf does it: mappings key by key, lists as a whole, '???' never over something.

/** Who may add keys: `free` anything that no dataclass closes; `struct` nobody; a mapping: below that one. */
export type Openness = 'free' | 'struct' | { open: DictNode };

export interface Merging {
  openness: Openness;
  /** Follows interpolations of what is merged into. */
  resolution: Resolution;
}

export function mergeInto(dest: Node, src: Value, merging: Merging): void {
  if (dest instanceof DictNode && src instanceof Dict) mergeDict(dest, src, merging);
  else if (dest instanceof ListNode && isList(src)) mergeList(dest, src);
  else throw new HydraError('ConfigTypeError', 'a mapping and a list cannot be merged');
}

function mergeDict(dest: DictNode, src: Dict<Value>, merging: Merging): void {
  if (isInterpolationNode(dest) || isMissingNode(dest)) expand(dest);
  for (const [key, value] of src) mergeKey(dest, key, value, merging);
}

function mergeKey(dest: DictNode, key: Key, value: Value, merging: Merging): void {
  const content = children(dest);
  let node = content?.get(key) ?? null;
  if (node instanceof DictNode && value === null && !isOptional(node.field)) throw unfit(node.field, null);
  if (isContainer(node) && isNullNode(node) && value !== null && !isMissing(value)) expand(node);
  if (node !== null && isInterpolationNode(node)) node = standIn(dest, key, node, merging);
  if (node === null) assign(dest, key, value, merging.openness);
  else if (isContainer(node) && (value instanceof Dict || isList(value))) mergeInto(node, value, merging);
  else if (!isMissing(value)) assign(dest, key, value, merging.openness);
}

/** Merging into an interpolation of a mapping or a list changes a copy of that. */
function standIn(dest: DictNode, key: Key, node: Node, { resolution }: Merging): Node {
  const target = resolution.tryDereference(node);
  const content = children(dest);
  if (!isContainer(target) || content === null) return node;
  const stand = copy(target);
  place(dest, content, key, stand);
  return stand;
}

/** A container that held null, '???' or an interpolation becomes an empty one of its type. */
function expand(node: Node): void {
  if (node instanceof ListNode) node.content = [];
  if (!(node instanceof DictNode)) return;
  const { field } = node;
  if (field.kind !== 'struct') {
    node.content = new Dict();
    return;
  }
  const fresh = structNode(field.struct, field);
  node.struct = fresh.struct;
  const content = new Dict<Node>();
  node.content = content;
  for (const [key, child] of children(fresh) ?? []) place(node, content, key, child);
}

function mergeList(dest: ListNode, src: readonly Value[]): void {
  const into: Node[] = [];
  for (const item of src) append(dest, into, create(item, dest.element));
  dest.content = into;
}

/** `dest[key] = value`: replaces what is there; a typed place converts and keeps its type. */
export function assign(dest: DictNode, key: Key, value: Value, openness: Openness): void {
  const content = children(dest);
  if (content === null) throw new HydraError('ConfigTypeError', 'there is no mapping to set a key in');
  const known = content.get(key) ?? null;
  if (known === null) mayAdd(dest, key, openness);
  const name = checkedKey(dest, key);
  if (known !== null && fieldOf(known).kind !== 'any') setTyped(known, value);
  else place(dest, content, name, create(value, dest.element));
}

const fieldOf = (node: Node): Field => (node instanceof Leaf || isContainer(node) ? node.field : ANY);

/** Sets what a typed node holds. */
function setTyped(node: Node, value: Value): void {
  if (node instanceof Leaf) {
    node.value = leafValue(value, node.field);
    return;
  }
  if (!isContainer(node)) return;
  const fresh = create(value, node.field);
  if (node instanceof ListNode && fresh instanceof ListNode) {
    node.content = isSpecialText(fresh.content) || fresh.content === null ? fresh.content : [];
    for (const item of items(fresh) ?? []) append(node, items(node) ?? [], item);
  }
  if (node instanceof DictNode && fresh instanceof DictNode) {
    const into = new Dict<Node>();
    for (const [key, child] of children(fresh) ?? []) place(node, into, key, child);
    node.content = fresh.content instanceof Dict ? into : fresh.content;
    node.struct = fresh.struct;
  }
}

/** ConfigKeyError where a key that is not there may not be added. */
export function mayAdd(dest: DictNode, key: Key, openness: Openness): void {
  if (dest.struct !== null) {
    if (typeof openness === 'object' && openness.open === dest) return;
    throw unknownKey(dest.struct, key);
  }
  if (openness !== 'struct') return;
  throw new HydraError('ConfigKeyError', `there is no key '${String(key)}'`, {
    available: (children(dest)?.keys() ?? []).map(String),
  });
}

/** `list[index] = value`; negative indexes count from the end. */
export function assignItem(list: ListNode, index: number, value: Value): void {
  const into = items(list);
  const at = index < 0 ? index + (into?.length ?? 0) : index;
  const known = into?.[at];
  if (into === null || known === undefined)
    throw new HydraError('ConfigIndexError', `there is no item ${index}; the list has ${into?.length ?? 0}`);
  if (fieldOf(known).kind !== 'any') {
    setTyped(known, value);
    return;
  }
  const node = create(value, list.element);
  node.parent = list;
  node.key = BigInt(at);
  into[at] = node;
}

/**
 * Merges a dataclass as it is by default into a mapping, which becomes one: what is there stays and is converted, what
 * is missing is added in the order of the fields.
 */
export function imposeStruct(dest: DictNode, struct: DictNode): void {
  const content = children(dest);
  if (content === null) return;
  dest.struct = struct.struct;
  for (const [key, model] of children(struct) ?? []) imposeField(dest, content, key, model);
}

function imposeField(dest: DictNode, content: Dict<Node>, key: Key, model: Node): void {
  const known = content.get(key);
  if (known === undefined) {
    place(dest, content, key, copy(model));
    return;
  }
  if (
    known instanceof DictNode &&
    model instanceof DictNode &&
    model.struct !== null &&
    children(known) !== null
  ) {
    imposeStruct(known, model);
    known.field = model.field;
    return;
  }
  if (isContainer(known) && isMissingNode(model)) {
    known.field = fieldOf(model);
    if (isContainer(model)) known.element = model.element;
    return;
  }
  if (known instanceof Leaf && model instanceof Leaf) {
    const value = isMissingNode(model) ? known.value : model.value;
    place(dest, content, key, new Leaf(leafValue(value, model.field), model.field));
    return;
  }
  if (!isMissingNode(model)) place(dest, content, key, copy(model));
}
