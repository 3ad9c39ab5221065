import { type Default, GroupDefault } from './defaults.js';
import { isTree, type Tree } from './tree.js';

/** A defaults tree in lines: how deep each stands, and what it says. */
export function outlineOf(tree: Tree, depth = 0): { depth: number; text: string }[] {
  const lines = [{ depth, text: textOf(tree.node) }];
  for (const child of tree.children ?? [])
    lines.push(
      ...(isTree(child) ? outlineOf(child, depth + 1) : [{ depth: depth + 1, text: textOf(child) }]),
    );
  return lines;
}

function textOf(node: Default): string {
  const deleted = node.deleted ? ' (left out)' : '';
  if (!(node instanceof GroupDefault)) return (node.isSelf ? '_self_' : node.configPath) + deleted;
  return `${node.overrideKey}: ${node.name ?? 'null'}${deleted}`;
}
