import { contentOf } from '../config/argument.js';
import { createRoot, emptyDict, structNode } from '../config/create.js';
import { assign, imposeStruct, mergeInto } from '../config/merge.js';
import { children, DictNode } from '../config/node.js';
import { splitKey } from '../config/path.js';
import { childAt, type Resolution } from '../config/resolve.js';
import { HydraError, isOmegaConfError } from '../errors.js';
import { Dict, isList, type Value } from '../value.js';
import type { Row } from './list.js';
import type { Loaded, Repository, Schema } from './repository.js';

/** Merges what each row brings, at its package, in order. */
export function mergeRows(rows: readonly Row[], repository: Repository, resolution: Resolution): DictNode {
  const root = emptyDict();
  for (const row of rows) {
    const loaded = repository.load(row.configPath);
    if (loaded === null) throw new Error(`${row.configPath} has gone`);
    refuseSearchPath(row, loaded);
    try {
      mergeRow(root, row, loaded, resolution);
    } catch (error) {
      if (!isOmegaConfError(error)) throw error;
      throw new HydraError('ConfigCompositionException', `In '${row.configPath}': ${error.message}`, {
        ...error.details,
        cause: error,
      });
    }
  }
  return root;
}

function mergeRow(root: DictNode, row: Row, loaded: Loaded, resolution: Resolution): void {
  const { package: pkg } = row;
  if (loaded.struct !== undefined) mergeStruct(root, pkg, loaded.struct);
  else if (loaded.schema !== undefined) mergeChecked(root, row, loaded, loaded.schema, resolution);
  else mergeInto(root, embedded(loaded.value, pkg), { openness: 'free', resolution });
}

/** The value at a dotted path of mappings. */
function embedded(value: Value, pkg: string): Value {
  if (pkg === '') return value;
  return splitKey(pkg).reduceRight<Value>((inner, key) => Dict.from([[key, inner]]), value);
}

/** A dataclass as it is by default: placed where there is nothing, else imposed on what is there. */
function mergeStruct(root: DictNode, pkg: string, struct: Loaded['struct'] & object): void {
  const parts = splitKey(pkg);
  const last = parts.at(-1) ?? '';
  let at = root;
  for (const part of parts.slice(0, -1)) at = mapping(at, part);
  const known = childAt(at, last);
  if (known instanceof DictNode && children(known) !== null) imposeStruct(known, structNode(struct));
  else replace(at, last, structNode(struct));
}

function mapping(at: DictNode, key: string): DictNode {
  const known = childAt(at, key);
  if (known instanceof DictNode && children(known) !== null) return known;
  const made = emptyDict();
  replace(at, key, made);
  return made;
}

function replace(at: DictNode, key: string, node: DictNode): void {
  assign(at, key, null, 'free');
  children(at)?.set(key, node);
  node.parent = at;
  node.key = key;
}

/** A file that has the name of something registered extends it; that of a dataclass it must fit. */
function mergeChecked(
  root: DictNode,
  { configPath, package: pkg }: Row,
  { value }: Loaded,
  { struct, value: registered, hasDefaults }: Schema,
  resolution: Resolution,
): void {
  if (hasDefaults)
    throw new HydraError(
      'ConfigCompositionException',
      `a program registers '${configPath}' with a defaults list: no file can have the same name`,
    );
  const merging = { openness: 'free', resolution } as const;
  const checked = struct === null ? createRoot(registered) : structNode(struct);
  mergeInto(checked, value, merging);
  if (struct === null) {
    mergeInto(root, embedded(contentOf(checked), pkg), merging);
    return;
  }
  mergeStruct(root, pkg, struct);
  mergeInto(root, embedded(value, pkg), merging);
}

/** The search path is read before composition, from the primary configuration alone. */
function refuseSearchPath({ primary, configPath, package: pkg }: Row, { value }: Loaded): void {
  if (primary || configPath === 'hydra/config' || isList(value)) return;
  const hydra = pkg === 'hydra' ? value : at(embedded(value, pkg), 'hydra');
  const found = at(hydra, 'searchpath');
  if (found === null || found === '???') return;
  throw new HydraError(
    'ConfigCompositionException',
    `In '${configPath}': Overriding hydra.searchpath is only supported from the primary config`,
  );
}

const at = (value: Value, key: string): Value => (value instanceof Dict ? (value.get(key) ?? null) : null);
