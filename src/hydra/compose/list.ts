import { HydraError } from '../errors.js';
import { type Default, GroupDefault } from './defaults.js';
import { DUMMY, isTree, type Tree } from './tree.js';

/** One configuration that takes part, and where its content goes. */
export interface Row {
  configPath: string;
  /** Dotted; '' is the root. */
  package: string;
  /** The place that a list gave to its own configuration. */
  isSelf: boolean;
  /** The configuration whose list brought it. */
  parent: string | null;
  primary: boolean;
  /** null for what has no group. */
  overrideKey: string | null;
}

/** The rows of a tree in the order in which they are merged. `above`: what stands above the root, for display. */
export function rowsOf(tree: Tree, above: string | null): Row[] {
  const rows: Row[] = [];
  if (tree.children === null) add(rows, tree.node, above);
  else walk(tree, above, rows);
  return rows;
}

function walk(tree: Tree, above: string | null, rows: Row[]): void {
  for (const child of tree.children ?? []) {
    if (isTree(child)) walk(child, above, rows);
    else if (child.isSelf) addSelf(rows, tree, above);
    else add(rows, child, tree.node.configPath);
  }
}

function add(rows: Row[], node: Default, parent: string | null): void {
  if (node.deleted || node.missing || node.name === null || node.configPath === DUMMY) return;
  rows.push({
    configPath: node.configPath,
    package: node.finalPackage,
    isSelf: false,
    parent,
    primary: node.primary,
    overrideKey: node instanceof GroupDefault ? node.overrideKey : null,
  });
}

function addSelf(rows: Row[], { node, parent }: Tree, above: string | null): void {
  if (node.configPath === DUMMY) return;
  rows.push({
    configPath: node.configPath,
    package: node.finalPackage,
    isSelf: true,
    parent: parent === null ? above : parent.node.configPath,
    primary: node.primary,
    overrideKey: null,
  });
}

/** ConfigCompositionException where a choice stands in the list twice. */
export function ensureDistinct(rows: readonly Row[]): void {
  const seen = new Set<string>();
  for (const { overrideKey: key } of rows) {
    if (key === null) continue;
    if (seen.has(key))
      throw new HydraError(
        'ConfigCompositionException',
        `${key} appears more than once in the final defaults list`,
      );
    seen.add(key);
  }
}
