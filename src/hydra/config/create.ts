import { HydraError } from '../errors.js';
import { Dict, isList, type Key, type Value } from '../value.js';
import {
  ANY,
  convert,
  type Field,
  isInterpolation,
  isOptional,
  isSpecialText,
  type Struct,
  unfit,
} from './field.js';
import { parseText } from './interpolation.js';
import {
  DictNode,
  isContainer,
  items,
  Leaf,
  ListNode,
  type Node,
  place,
  Result,
  type Special,
} from './node.js';

/** Builds the tree of a value. Interpolations are checked for their grammar here, even if nobody ever reads them. */
export function create(value: Value, field: Field = ANY): Node {
  if (field.kind === 'struct') return createStruct(value, field, field.struct);
  if (field.kind === 'dict' || (field.kind === 'any' && value instanceof Dict))
    return createDict(value, field);
  if (field.kind === 'list' || (field.kind === 'any' && isList(value))) return createList(value, field);
  return new Leaf(leafValue(value, field), field);
}

/** What a leaf of this type holds for a value. */
export function leafValue(value: Value, field: Field): Leaf['value'] {
  if (!isSpecialText(value)) return convert(field, value);
  if (isInterpolation(value)) parseText(value);
  return value;
}

/** The root of a configuration: a mapping or a list. */
export function createRoot(value: Value): DictNode | ListNode {
  const node = create(value);
  if (!isContainer(node)) throw new HydraError('ValidationError', 'a configuration is a mapping or a list');
  return node;
}

export const emptyDict = (): DictNode => new DictNode(new Dict());

function createDict(value: Value, field: Field): DictNode {
  const element = field.kind === 'dict' ? field.element : ANY;
  const node = new DictNode(specialContent(value, field) ?? new Dict<Node>(), field, element);
  if (value === null) node.content = null;
  if (!(value instanceof Dict) || !(node.content instanceof Dict)) return node;
  for (const [key, item] of value) place(node, node.content, checkedKey(node, key), create(item, element));
  return node;
}

/** Mappings of a declared type have text for keys. */
export function checkedKey(node: DictNode, key: Key): Key {
  if (key === null) throw new HydraError('KeyValidationError', 'a key must not be null');
  if (node.field.kind === 'dict' && typeof key !== 'string')
    throw new HydraError('KeyValidationError', `the key ${String(key)} is no text`);
  return key;
}

function createList(value: Value, field: Field): ListNode {
  const element = field.kind === 'list' ? field.element : ANY;
  const node = new ListNode(specialContent(value, field) ?? [], field, element);
  if (value === null) node.content = null;
  const into = items(node);
  if (into !== null && isList(value)) for (const item of value) append(node, into, create(item, element));
  return node;
}

export function append(list: ListNode, into: Node[], node: Node): void {
  node.parent = list;
  node.key = BigInt(into.length);
  into.push(node);
}

/** The text of a container without children; ValidationError for what is neither that nor of its kind. */
function specialContent(value: Value, field: Field): string | null {
  if (value === null) {
    if (!isOptional(field)) throw unfit(field, value);
    return null;
  }
  if (isSpecialText(value)) {
    if (isInterpolation(value)) parseText(value);
    return value;
  }
  const fits = field.kind === 'list' ? isList(value) : field.kind === 'any' || value instanceof Dict;
  if (!fits) throw unfit(field, value);
  return null;
}

function createStruct(value: Value, field: Field, struct: Struct): DictNode {
  const node = structNode(struct, field);
  if (isSpecialText(value) || value === null) {
    node.content = specialContent(value, field);
    return node;
  }
  if (!(value instanceof Dict)) throw unfit(field, value);
  const content = node.content as Dict<Node>;
  for (const [key, item] of value) {
    const known = typeof key === 'string' ? struct.fields[key] : undefined;
    if (known === undefined) throw unknownKey(struct, key);
    place(node, content, key, create(item, known.field));
  }
  return node;
}

/** A dataclass as it is by default. */
export function structNode(struct: Struct, field: Field = ANY): DictNode {
  const content = new Dict<Node>();
  const node = new DictNode(content, field);
  node.struct = struct;
  for (const [name, known] of Object.entries(struct.fields))
    place(node, content, name, create(known.default, known.field));
  return node;
}

export const unknownKey = (struct: Struct, key: Key): HydraError =>
  new HydraError('ConfigKeyError', `there is no key '${String(key)}' in ${struct.name}`, {
    available: Object.keys(struct.fields),
  });

/** A copy that belongs to nobody. */
export function copy(node: Node): Node {
  if (node instanceof Leaf) return new Leaf(node.value, node.field);
  if (node instanceof Result) return create(node.value);
  if (node instanceof DictNode) return copyDict(node);
  const list = new ListNode(node.content as Special, node.field, node.element);
  const source = items(node);
  if (source === null) return list;
  const into: Node[] = [];
  list.content = into;
  for (const item of source) append(list, into, copy(item));
  return list;
}

/** `without`: a key that is left out. */
export function copyDict(node: DictNode, without: Key | null = null): DictNode {
  const dict = new DictNode(null, node.field, node.element);
  dict.struct = node.struct;
  if (!(node.content instanceof Dict)) {
    dict.content = node.content;
    return dict;
  }
  const content = new Dict<Node>();
  dict.content = content;
  node.content.forEach((key, child) => {
    if (key !== without) place(dict, content, key, copy(child));
  });
  return dict;
}
