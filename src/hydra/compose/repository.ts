import { resolvedContent } from '../config/content.js';
import { createRoot } from '../config/create.js';
import { isInterpolation, isMissing, type Struct } from '../config/field.js';
import { parseText } from '../config/interpolation.js';
import { isContainer } from '../config/node.js';
import { Resolution, type Resolver } from '../config/resolve.js';
import { HydraError } from '../errors.js';
import { Dict, isList, type Key, type Value } from '../value.js';
import { loadYaml } from '../yaml/load.js';
import { locate } from '../yaml/locate.js';
import { type Entry, readEntries } from './entries.js';
import { disabledHeader, packageHeader } from './header.js';
import { type Content, describeSource, fileName, type Source, type VersionBase } from './source.js';

/** One configuration as it lies in its source. */
export interface Loaded {
  /** Content without the defaults list. */
  value: Dict<Value> | readonly Value[];
  struct?: Struct;
  header: string | null;
  entries: readonly Entry[];
  /** What a program registers under the same name (Hydra's automatic schema matching). */
  schema?: Schema;
  /** The file, for messages; null: data. */
  file: string | null;
  text: string | null;
  source: Source;
}

export interface Schema {
  /** Of a dataclass: the content must fit it. */
  struct: Struct | null;
  /** Else: the content is merged into it. */
  value: Dict<Value>;
  hasDefaults: boolean;
}

/** The sources in their order, with everything that was once read kept. */
export class Repository {
  readonly #configs = new Map<string, Loaded | null>();
  readonly #groups = new Map<string, boolean>();

  constructor(
    public sources: readonly Source[],
    readonly versionBase: VersionBase,
    private readonly warn: (message: string) => void,
    /** For a defaults list that is an interpolation itself. */
    private readonly resolvers: Readonly<Record<string, Resolver>> = {},
  ) {}

  /** From now on these. What was read stays: the primary configuration cannot be replaced. */
  replaceSources(sources: readonly Source[]): void {
    this.sources = sources;
    this.#groups.clear();
  }

  /** null where no source has it. */
  load(path: string): Loaded | null {
    const known = this.#configs.get(path);
    if (known !== undefined) return known;
    const source = this.#sourceOf(path);
    const loaded = source === null ? null : this.#read(source, path);
    this.#configs.set(path, loaded);
    return loaded;
  }

  hasConfig(path: string): boolean {
    return this.#sourceOf(path) !== null;
  }

  hasGroup(path: string): boolean {
    const known = this.#groups.get(path);
    if (known !== undefined) return known;
    const found = this.sources.some((source) => source.isGroup(path));
    this.#groups.set(path, found);
    return found;
  }

  /** Names of the configurations in a group, sorted, each once. */
  options(group: string): string[] {
    return this.#names(group, (source, path, name) =>
      source.hasConfig(fileName(path, this.versionBase)) ? [stem(name)] : [],
    );
  }

  /** Names of the groups in a group. */
  groups(group: string): string[] {
    return this.#names(group, (source, path, name) => (source.isGroup(path) ? [name] : []));
  }

  /** The files that were read. */
  taken(): { source: Source; path: string; text: string }[] {
    return [...this.#configs].flatMap(([path, loaded]) =>
      loaded?.text == null
        ? []
        : [{ source: loaded.source, path: fileName(path, this.versionBase), text: loaded.text }],
    );
  }

  describe(): string[] {
    return this.sources.map(describeSource);
  }

  #names(group: string, of: (source: Source, path: string, name: string) => string[]): string[] {
    const found = this.sources
      .filter((source) => source.isGroup(group))
      .flatMap((source) =>
        source
          .list(group)
          .filter((name) => name !== '__pycache__' && name !== '__init__.py')
          .flatMap((name) => of(source, group === '' ? name : `${group}/${name}`, name)),
      );
    return [...new Set(found)].sort(byCodePoint);
  }

  #sourceOf(path: string): Source | null {
    const file = fileName(path, this.versionBase);
    return this.sources.find((source) => source.hasConfig(file)) ?? null;
  }

  #read(source: Source, path: string): Loaded {
    const content = source.read(fileName(path, this.versionBase));
    if (content.kind === 'data') return this.#data(source, path, content);
    const { text, file } = content;
    const header = packageHeader(text, file);
    if (disabledHeader(text)) this.warn(`${file}: a comment before '# @package' disables it`);
    const value = root(loadYaml(text, { file }), file);
    check(value, text, file);
    const { rest, defaults } = withoutDefaults(value, this.resolvers);
    const entries = readEntries(path, defaults, this.versionBase, this.warn);
    const schema = this.#schemaOf(source, path);
    return { value: rest, ...(schema && { schema }), header, entries, file, text, source };
  }

  #schemaOf(source: Source, path: string): Schema | undefined {
    const store = this.sources.at(-1);
    const file = fileName(path, this.versionBase);
    if (store === undefined || store === source || store.scheme !== 'structured' || !store.hasConfig(file))
      return undefined;
    const content = store.read(file);
    if (content.kind !== 'data') return undefined;
    const { rest, defaults } = withoutDefaults(root(content.value, path), this.resolvers);
    if (isList(rest)) return undefined;
    return { struct: content.struct ?? null, value: Dict.from(rest), hasDefaults: defaults !== undefined };
  }

  #data(source: Source, path: string, content: Extract<Content, { kind: 'data' }>): Loaded {
    const { rest, defaults } = withoutDefaults(root(content.value, path), this.resolvers);
    const entries = readEntries(path, defaults, this.versionBase, this.warn);
    const { struct, header = null } = content;
    return { value: rest, ...(struct && { struct }), header, entries, file: null, text: null, source };
  }
}

const byCodePoint = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Without what follows the last dot. */
const stem = (name: string): string => (name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name);

/** Nothing is an empty mapping; a text alone is a key without a value. */
function root(value: Value, file: string): Dict<Value> | readonly Value[] {
  if (value === null) return new Dict();
  if (typeof value === 'string') {
    const again = loadYaml(value, { file });
    return typeof again === 'string' ? Dict.from([[again, null]]) : root(again, file);
  }
  if (value instanceof Dict || isList(value)) return value;
  throw new HydraError('OSError', `${file} holds neither a mapping nor a list`);
}

function withoutDefaults(
  value: Dict<Value> | readonly Value[],
  resolvers: Readonly<Record<string, Resolver>>,
): {
  rest: Dict<Value> | readonly Value[];
  defaults: Value | undefined;
} {
  if (!(value instanceof Dict) || !value.has('defaults')) return { rest: value, defaults: undefined };
  const rest = Dict.from(value);
  rest.delete('defaults');
  return { rest, defaults: listIn(value, resolvers) };
}

/** It may stand elsewhere in the file, or not yet anywhere. */
function listIn(value: Dict<Value>, resolvers: Readonly<Record<string, Resolver>>): Value | undefined {
  const defaults = value.get('defaults');
  if (isMissing(defaults)) return undefined;
  if (!isInterpolation(defaults)) return defaults;
  const root = createRoot(value);
  const resolution = new Resolution(resolvers);
  const node = isContainer(root) ? resolution.selectAbsolute(root, 'defaults') : null;
  return node === null ? defaults : resolvedContent(node, resolution);
}

/** Keys that a configuration cannot have, and interpolations that do not parse, are found when a file is read. */
function check(value: Value, text: string, file: string, path: readonly (Key | number)[] = []): void {
  if (isInterpolation(value)) checkInterpolation(value, text, file, path);
  else if (isList(value))
    for (const [index, item] of value.entries()) check(item, text, file, [...path, index]);
  else if (value instanceof Dict)
    for (const [key, item] of value) {
      if (key === null) throw new HydraError('KeyValidationError', `${file}: a key must not be null`);
      check(item, text, file, [...path, key]);
    }
}

function checkInterpolation(
  value: string,
  text: string,
  file: string,
  path: readonly (Key | number)[],
): void {
  try {
    parseText(value);
  } catch (error) {
    if (!(error instanceof HydraError)) throw error;
    const place = locate(text, [...path]) ?? undefined;
    const details =
      place === undefined ? error.details : { place: { ...place, file }, source: lineOf(text, place.line) };
    throw new HydraError(error.type, error.message, { ...details, cause: error });
  }
}

const lineOf = (text: string, line: number): string => text.split('\n')[line - 1] ?? '';
