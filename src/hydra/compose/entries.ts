import { HydraError } from '../errors.js';
import { Dict, isList, typeName, type Value } from '../value.js';
import type { VersionBase } from './source.js';

/** An item of a defaults list as it is written. */
export type Entry =
  | { kind: 'config'; path: string; package: string | null }
  | {
      kind: 'group';
      group: string;
      value: string | readonly string[] | null;
      package: string | null;
      optional: boolean;
      override: boolean;
    };

/** Reads the defaults list of a configuration; undefined is none. ValueError for what is no such list. */
export function readEntries(
  config: string,
  defaults: Value | undefined,
  versionBase: VersionBase,
  warn: (message: string) => void,
): Entry[] {
  if (defaults === undefined) return [];
  if (!isList(defaults)) {
    const found = defaults instanceof Dict ? 'mapping' : typeName(defaults);
    throw new HydraError('ValueError', `In '${config}': defaults must be a list, this is a ${found}`);
  }
  return defaults.map((item) => readEntry(config, item, versionBase, warn));
}

function readEntry(
  config: string,
  item: Value,
  versionBase: VersionBase,
  warn: (message: string) => void,
): Entry {
  if (typeof item === 'string') {
    const { name, package: pkg } = split(item);
    if (name === '_self_' && pkg !== null)
      throw new HydraError('ValueError', `In '${config}': _self_ takes no package`);
    return { kind: 'config', path: name, package: pkg };
  }
  if (item instanceof Dict) return readGroup(config, item, versionBase, warn);
  throw new HydraError(
    'ValueError',
    `In '${config}': an item of the defaults list is text or 'group: option', this is a ${typeName(item)}`,
  );
}

function readGroup(
  config: string,
  item: Dict<Value>,
  versionBase: VersionBase,
  warn: (message: string) => void,
): Entry {
  const { fields, optional: old } =
    versionBase === '1.1' ? withoutOldOptional(item) : { fields: item, optional: null };
  const [entry, ...more] = fields;
  if (entry === undefined || more.length > 0)
    throw new HydraError(
      'ValueError',
      `In '${config}': an item of the defaults list has one key, this one has ${fields.size}`,
    );
  const [key, value] = entry;
  if (typeof key !== 'string') throw new HydraError('ValueError', `In '${config}': a group is text`);
  const { name, package: pkg } = split(key);
  const { group, words } = keywords(name);
  if (old !== null) warn(`In ${config}: 'optional: true' is deprecated, write 'optional ${key}: …'`);
  return {
    kind: 'group',
    group,
    value: optionOf(config, value),
    package: pkg,
    optional: words.has('optional') || old === true,
    override: words.has('override'),
  };
}

/** Before 1.2 `optional: true` could stand beside the group. */
function withoutOldOptional(item: Dict<Value>): { fields: Dict<Value>; optional: Value } {
  if (item.size < 2 || !item.has('optional')) return { fields: item, optional: null };
  const fields = Dict.from(item);
  fields.delete('optional');
  return { fields, optional: item.get('optional') ?? null };
}

/** `group@package`; of `@a:b` only `a` counts. */
function split(text: string): { name: string; package: string | null } {
  const at = text.indexOf('@');
  if (at < 0) return { name: text, package: null };
  return { name: text.slice(0, at), package: text.slice(at + 1).split(':')[0] ?? '' };
}

/** The words before the group count up to the first that is not known. */
function keywords(name: string): { group: string; words: Set<string> } {
  const parts = name.split(' ');
  const group = parts.pop() ?? '';
  const words = new Set<string>();
  for (const part of parts) {
    if (part !== 'optional' && part !== 'override') break;
    words.add(part);
  }
  return { group, words };
}

function optionOf(config: string, value: Value): string | readonly string[] | null {
  if (value === null || typeof value === 'string') return value;
  if (isList(value)) {
    const options = value.filter((option) => typeof option === 'string');
    if (options.length === value.length) return options;
  }
  const found = isList(value) ? 'a list of something else' : `a ${typeName(value)}`;
  throw new HydraError(
    'ValueError',
    `In '${config}': an option is text, null or a list of texts, not ${found}`,
  );
}
