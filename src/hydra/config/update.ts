import { HydraError } from '../errors.js';
import { readInt } from '../python/number.js';
import { Dict, isList, type Value } from '../value.js';
import { assign, assignItem, type Merging, mayAdd, mergeInto, type Openness } from './merge.js';
import { type Container, children, DictNode, isContainer, items, ListNode, type Node } from './node.js';
import { splitKey } from './path.js';
import { childAt, type Resolution } from './resolve.js';

export interface Update {
  resolution: Resolution;
  /** `struct`: only keys that are there. */
  openness: 'free' | 'struct';
  /** Keys may be added on the way all the same. */
  force?: boolean;
  /** false: a mapping or list replaces what is there. */
  merge?: boolean;
}

/**
 * Sets the value at a dotted key. What stands on the way and is no container, an interpolation too, becomes an empty
 * mapping. Mappings and lists are merged into what is there.
 */
export function update(root: Container, key: string, value: Value, how: Update): void {
  const parts = splitKey(key);
  const last = parts.at(-1) ?? '';
  let at = root;
  for (const part of parts.slice(0, -1)) at = descend(at, part, how);
  const openness = opennessOf(at, how);
  const merging: Merging = { openness, resolution: how.resolution };
  if (how.merge !== false && (value instanceof Dict || isList(value))) {
    const node = existing(at, last, openness);
    if (isContainer(node)) {
      mergeInto(node, value, merging);
      return;
    }
  }
  set(at, last, value, openness);
}

function opennessOf(at: Container, { force, openness }: Update): Openness {
  if (!force) return openness;
  return at instanceof DictNode ? { open: at } : 'free';
}

function descend(at: Container, part: string, how: Update): Container {
  if (!isContainer(childAt(at, part))) set(at, part, new Dict(), opennessOf(at, how));
  const next = childAt(at, part);
  if (!isContainer(next)) throw new HydraError('ConfigTypeError', `'${part}' is no mapping or list`);
  return next;
}

/** In a struct a key must be there to be asked for. */
function existing(at: Container, key: string, openness: Openness): Node | null {
  if (at instanceof ListNode) {
    const index = indexOf(key);
    const node = items(at)?.at(index);
    if (node === undefined) throw new HydraError('ConfigIndexError', `there is no item ${index}`);
    return node;
  }
  const node = children(at)?.get(key) ?? null;
  if (node === null) mayAdd(at, key, openness);
  return node;
}

function set(at: Container, key: string, value: Value, openness: Openness): void {
  if (at instanceof DictNode) assign(at, key, value, openness);
  else assignItem(at, indexOf(key), value);
}

function indexOf(key: string): number {
  const index = readInt(key);
  if (index === null) throw new HydraError('ValueError', `'${key}' is no index of a list`);
  return Number(index);
}
