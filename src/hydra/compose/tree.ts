import { isInterpolation, isMissing } from '../config/field.js';
import type { Resolver } from '../config/resolve.js';
import { HydraError } from '../errors.js';
import { repr } from '../python/text.js';
import { Dict, isList, type Value } from '../value.js';
import type { Choices } from './choices.js';
import {
  cyclic,
  missingOption,
  nameless,
  notFound,
  overrideBeforeOthers,
  selfAsOption,
} from './complaints.js';
import { ConfigDefault, type Default, GroupDefault, type Holder, toDefault } from './defaults.js';
import type { Loaded, Repository } from './repository.js';

// The defaults tree: which configurations take part, and where. Lists are expanded from their last item to their first,
// so that what is said further down is known first; the result stands in written order.

export interface Tree {
  node: Default;
  /** null: a leaf. */
  children: (Tree | Default)[] | null;
  parent: Tree | null;
}

export const isTree = (child: Tree | Default): child is Tree => 'children' in child;

export interface Building {
  repository: Repository;
  choices: Choices;
  /** Groups that must be chosen may be left open: the jobs of a sweep choose them. */
  skipMissing: boolean;
  resolvers: Readonly<Record<string, Resolver>>;
  warn: (message: string) => void;
  /** Nodes so far: lists that include others twice, and those others twice, grow beyond measure. */
  nodes?: number;
}

const MAX_NODES = 20_000;

const ROOT: Holder = { group: '', package: '' };

/** The tree of the primary configuration; null is none, to which the command line may still add. */
export function buildTree(config: string | null, building: Building): Tree {
  const primary = new ConfigDefault(config ?? DUMMY, null, building.repository.versionBase);
  primary.primary = true;
  return rootOf(primary, building);
}

/** The tree of Hydra's own configuration; built after that of the primary one, which may choose for it. */
export const buildHydraTree = (building: Building): Tree =>
  rootOf(new ConfigDefault('hydra/config', null, building.repository.versionBase), building);

function rootOf(node: ConfigDefault, building: Building): Tree {
  node.putInto(ROOT);
  const tree: Tree = { node, children: null, parent: null };
  expand(tree, building, false);
  return tree;
}

/** Stands for a primary configuration where there is none. */
export const DUMMY = '_dummy_empty_config_';

function expand(tree: Tree, building: Building, interpolated: boolean): void {
  const { repository, choices } = building;
  const { node } = tree;
  building.nodes = (building.nodes ?? 0) + 1;
  if (building.nodes > MAX_NODES)
    throw new HydraError('LimitError', `the defaults lists include more than ${MAX_NODES} configurations`);
  if (node.primary && node.configPath !== DUMMY && !repository.hasConfig(node.configPath))
    throw notFound(repository, tree);
  if (node instanceof GroupDefault && !node.missing && node.isNameless) throw nameless(tree);
  if (!node.missing) node.setHeader(load(repository, node)?.header ?? null);
  if (choices.deletes(node)) {
    node.deleted = true;
    return;
  }
  choices.record(node);
  if (node.name === null) return;
  if (node.configPath.endsWith('???')) {
    if (building.skipMissing) return;
    throw missingOption(repository, node);
  }
  const loaded = load(repository, node);
  if (loaded === null) {
    if (!node.optional) throw notFound(repository, tree);
    node.deleted = true;
    return;
  }
  if (isCycle(tree)) throw cyclic(tree);
  tree.children = childrenOf(tree, loaded, building, interpolated);
}

const load = (repository: Repository, node: Default): Loaded | null =>
  node.configPath === DUMMY ? EMPTY : repository.load(node.configPath);

const EMPTY: Loaded = {
  value: new Dict<Value>(),
  header: null,
  entries: [],
  file: null,
  text: null,
  source: {
    provider: 'hydra',
    scheme: 'structured',
    path: '',
    available: () => true,
    isGroup: () => false,
    hasConfig: () => false,
    list: () => [],
    read: () => ({ kind: 'data', value: null }),
  },
};

/** A configuration that includes itself, through others or not, in the same package each time, would never end. */
function isCycle({ node, parent }: Tree): boolean {
  let again = 0;
  for (let above = parent; above !== null; above = above.parent)
    if (above.node.configPath === node.configPath) again++;
  return again > MAX_NESTING;
}

/** A configuration may lie within itself where an override ends it; this often is never meant. */
const MAX_NESTING = 3;

function childrenOf(
  tree: Tree,
  loaded: Loaded,
  building: Building,
  interpolated: boolean,
): (Tree | Default)[] | null {
  const { node } = tree;
  const list = itemsOf(tree, loaded, building);
  const holder: Holder = { group: node.groupPath, package: node.finalPackage };
  registerOverrides(tree, list.items, holder, building, interpolated);
  const children: (Tree | Default)[] = [];
  for (const item of [...list.items].reverse()) {
    if (isSelfAsOption(item)) continue;
    if (item.isSelf) {
      item.putInto({ group: node.holder.group, package: node.package ?? node.header ?? '' });
      children.push(item);
    } else if (!item.override) expandItem(tree, item, holder, building, interpolated, children);
  }
  // As with Hydra, what is wrong with the others is said first.
  for (const item of list.items) if (isSelfAsOption(item)) throw selfAsOption(node, item);
  resolveDeferred(tree, children, list, holder, building);
  return children.length === 0 ? null : children.reverse();
}

/** `- db: _self_`; without a group it is nothing but `- _self_`. */
const isSelfAsOption = (item: Default): item is GroupDefault =>
  item instanceof GroupDefault && item.isSelf && !item.isNameless;

interface Items {
  items: Default[];
  /** `_self_` was added, it does not stand in the file. */
  selfAdded: boolean;
}

/** The items of a list, with `_self_` where it has to be, and what the command line appends to the primary one. */
function itemsOf({ node }: Tree, loaded: Loaded, { repository, choices, warn }: Building): Items {
  const items = loaded.entries.map((entry) => toDefault(entry, repository.versionBase));
  const appended = node.primary ? choices.appended : [];
  let selfAdded = false;
  if (items.length > 0 || appended.length > 0) selfAdded = addSelf(node, items, loaded, repository, warn);
  return { items: [...items, ...appended], selfAdded };
}

function addSelf(
  node: Default,
  items: Default[],
  loaded: Loaded,
  repository: Repository,
  warn: (message: string) => void,
): boolean {
  const own = items.filter((item) => item.isSelf).length;
  if (own > 1)
    throw new HydraError('ConfigCompositionException', `Duplicate _self_ defined in ${node.configPath}`);
  const others = items.some((item) => !item.override);
  if (own === 0 && (others || items.length === 0)) {
    if (node.primary && others && hasContent(loaded.value))
      warn(`In '${node.configPath}': the defaults list has no _self_, so this file overrides its defaults`);
    items.push(new ConfigDefault('_self_', null, repository.versionBase));
  }
  return own === 0;
}

function hasContent(value: Loaded['value']): boolean {
  return !isList(value) && [...value].some(([, item]) => !isMissing(item));
}

function registerOverrides(
  { node }: Tree,
  items: readonly Default[],
  holder: Holder,
  { choices, repository, warn }: Building,
  interpolated: boolean,
): void {
  let last: GroupDefault | null = null;
  let seen = false;
  for (const item of items) {
    if (item.isSelf) continue;
    item.putInto(holder);
    const legacy =
      repository.versionBase === '1.1' &&
      item instanceof GroupDefault &&
      !item.override &&
      item.group.startsWith('hydra/');
    const external = item instanceof GroupDefault && item.external;
    if (seen && last !== null && !(item.override || external || legacy))
      throw overrideBeforeOthers(node, last, item);
    if (!(item instanceof GroupDefault)) continue;
    if (legacy) {
      item.override = true;
      warn(`In ${node.configPath}: overriding ${item.group} needs the keyword 'override'`);
    }
    if (!item.override) continue;
    seen ||= !legacy;
    last = item;
    if (interpolated)
      throw new HydraError(
        'ConfigCompositionException',
        `In '${node.configPath}': 'override ${item.overrideKey}' cannot stand below an interpolated entry`,
      );
    choices.addOverride(node.configPath, item);
  }
}

function expandItem(
  tree: Tree,
  item: Default,
  holder: Holder,
  building: Building,
  interpolated: boolean,
  children: (Tree | Default)[],
): void {
  item.putInto(holder);
  building.choices.apply(item);
  if (item instanceof GroupDefault && isList(item.value)) {
    for (const option of [...item.value].reverse())
      children.push(grow(tree, optionItem(tree, item, option, holder, building), building, interpolated));
  } else if (item.interpolated) children.push(item);
  else children.push(grow(tree, item, building, interpolated));
}

/** One option of a list of them is a configuration in the group. */
function optionItem(
  { node }: Tree,
  { group, package: pkg, optional }: GroupDefault,
  option: Value,
  holder: Holder,
  { repository }: Building,
): ConfigDefault {
  if (typeof option !== 'string')
    throw new HydraError('TypeError', `the options of '${group}' are texts, one of them is ${repr(option)}`);
  if (isInterpolation(option))
    throw new HydraError(
      'ConfigCompositionException',
      `In '${node.configPath}': an option in a list cannot be an interpolation`,
    );
  const item = new ConfigDefault(`${group}/${option}`, pkg, repository.versionBase, optional);
  item.putInto(holder);
  return item;
}

function grow(parent: Tree, node: Default, building: Building, interpolated: boolean): Tree | Default {
  const tree: Tree = { node, children: null, parent };
  expand(tree, building, interpolated);
  return tree.children === null ? node : tree;
}

/** Interpolated items come last, when the choices of the others are known. */
function resolveDeferred(
  tree: Tree,
  children: (Tree | Default)[],
  list: Items,
  holder: Holder,
  building: Building,
): void {
  if (!children.some((child) => !isTree(child) && child.interpolated)) return;
  const known = knownChoices(list, building);
  for (const [index, child] of children.entries()) {
    if (isTree(child) || !child.interpolated) continue;
    child.resolve({ known, resolvers: building.resolvers });
    child.putInto(holder);
    children[index] = grow(tree, child, building, true);
  }
}

function knownChoices({ items, selfAdded }: Items, { choices }: Building): Dict<Value> {
  const known = Dict.from<Value>(choices.known);
  const defaults = items
    .filter((item) => !(selfAdded && item.isSelf))
    .map(
      (item): Value =>
        item instanceof GroupDefault ? Dict.from([[item.overrideKey, item.value]]) : item.configPath,
    );
  known.set('defaults', defaults);
  return known;
}
