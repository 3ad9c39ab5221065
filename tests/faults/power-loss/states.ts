import type { Operation } from './operations.js';

/** What a disk may hold after the power went: names, and how much of each file's content. */
export interface State {
  /** Directories and files by path; of a file, whether its content is there, half of it, or nothing. */
  files: ReadonlyMap<string, { is: 'directory' } | { is: 'file'; node: number; content: Kept }>;
  /** The newest step whose save had been acknowledged. */
  acknowledged: number | null;
}

export type Kept = 'all' | 'half' | 'none';

/**
 * Every state that the model allows: content is durable only after fsync of its file; names reach the disk in the order
 * in which they were made, at the latest with an fsync of a directory; content and names have nothing to do with each
 * other. It is harsher than ext4.
 */
export function* statesAfter(operations: readonly Operation[]): Generator<State> {
  const seen = new Set<string>();
  for (let crash = 0; crash <= operations.length; crash++)
    for (const state of statesAt(operations.slice(0, crash))) {
      const key = JSON.stringify([[...state.files], state.acknowledged]);
      if (seen.has(key)) continue;
      seen.add(key);
      yield state;
    }
}

function* statesAt(done: readonly Operation[]): Generator<State> {
  const { names, durableNames, nodes, acknowledged } = replay(done);
  const unsure = [...nodes].filter(([, { written, synced }]) => written && !synced).map(([node]) => node);
  for (let kept = durableNames; kept <= names.length; kept++)
    for (const contents of choices(unsure)) yield build(names.slice(0, kept), nodes, contents, acknowledged);
}

interface Replayed {
  names: Exclude<Operation, { do: 'write' | 'sync' | 'acknowledge' }>[];
  /** So many of the names are durable. */
  durableNames: number;
  /** By the number of the operation that created the file. */
  nodes: Map<number, { path: string; written: boolean; synced: boolean }>;
  acknowledged: number | null;
}

function replay(done: readonly Operation[]): Replayed {
  const replayed: Replayed = { names: [], durableNames: 0, nodes: new Map(), acknowledged: null };
  const open = new Map<string, number>();
  for (const [n, operation] of done.entries())
    switch (operation.do) {
      case 'acknowledge':
        replayed.acknowledged = operation.step;
        break;
      case 'write': {
        const node = replayed.nodes.get(open.get(operation.path) ?? -1);
        if (node !== undefined) Object.assign(node, { written: true, synced: false });
        break;
      }
      case 'sync': {
        const node = replayed.nodes.get(open.get(operation.path) ?? -1);
        if (node === undefined) replayed.durableNames = replayed.names.length;
        else node.synced = true;
        break;
      }
      case 'create':
        open.set(operation.path, n);
        replayed.nodes.set(n, { path: operation.path, written: false, synced: false });
        replayed.names.push(operation);
        break;
      default:
        replayed.names.push(operation);
    }
  return replayed;
}

function* choices(nodes: readonly number[]): Generator<ReadonlyMap<number, Kept>> {
  const [first, ...rest] = nodes;
  if (first === undefined) yield new Map();
  else
    for (const others of choices(rest))
      for (const kept of ['all', 'half', 'none'] as const) yield new Map([...others, [first, kept]]);
}

function build(
  names: Replayed['names'],
  nodes: Replayed['nodes'],
  contents: ReadonlyMap<number, Kept>,
  acknowledged: number | null,
): State {
  const files = new Map<string, { is: 'directory' } | { is: 'file'; node: number; content: Kept }>();
  const creations = [...nodes];
  for (const operation of names) {
    if (operation.do === 'mkdir') files.set(operation.path, { is: 'directory' });
    if (operation.do === 'remove') files.delete(operation.path);
    if (operation.do === 'create') {
      const [node, { written }] = creations.shift()!;
      files.set(operation.path, {
        is: 'file',
        node,
        content: contents.get(node) ?? (written ? 'all' : 'none'),
      });
    }
    if (operation.do === 'rename')
      for (const [path, what] of [...files]) {
        if (path !== operation.path && !path.startsWith(`${operation.path}/`)) continue;
        files.delete(path);
        files.set(operation.to + path.slice(operation.path.length), what);
      }
  }
  return { files, acknowledged };
}
