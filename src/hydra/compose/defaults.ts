import { createRoot } from '../config/create.js';
import { isInterpolation, isMissing } from '../config/field.js';
import { Leaf } from '../config/node.js';
import { Resolution, type Resolver } from '../config/resolve.js';
import { HydraError, isInterpolationError } from '../errors.js';
import type { Dict, Value } from '../value.js';
import type { Entry } from './entries.js';
import type { VersionBase } from './source.js';

// Items of defaults lists while the tree is built: an item learns the place of the list that holds it, and with that
// its absolute path and its package.

export type Default = ConfigDefault | GroupDefault;

/** What is chosen in a group; the items of a list on the command line are not yet known to be text. */
export type Option = string | readonly Value[] | null;

/** The place of the list that holds an item. */
export interface Holder {
  /** The group that paths are relative to. */
  group: string;
  package: string;
}

abstract class Item {
  #holder: Holder | null = null;
  /** From the header of the file, made absolute. */
  header: string | null = null;
  deleted = false;
  primary = false;
  /** From the list itself, relative to the package of the holder. */
  package: string | null;

  constructor(
    pkg: string | null,
    protected readonly versionBase: VersionBase,
  ) {
    this.package = pkg === '_here_' ? '' : pkg;
  }

  abstract readonly groupPath: string;
  abstract readonly configPath: string;
  abstract readonly name: string | null;
  /** The group as it is written, which names the package unless something else does. */
  protected abstract readonly relativeGroup: string;

  get holder(): Holder {
    if (this.#holder === null) throw new Error('an item of a defaults list is used before it has a place');
    return this.#holder;
  }

  /** `_group_` in a package is the package that the item would have by itself. */
  putInto(holder: Holder): void {
    this.#holder = holder;
    if (this.package?.includes('_group_'))
      this.package = `_global_.${this.package.replaceAll('_group_', this.defaultPackage)}`;
  }

  get defaultPackage(): string {
    return this.groupPath.replaceAll('/', '.');
  }

  /** Where the content goes in the end: the item's own word, the header, or the group. */
  get finalPackage(): string {
    return this.#final(this.package ?? this.header);
  }

  /** Names the item for overrides: the group, with the package unless it is the usual one. Headers do not count. */
  get overrideKey(): string {
    const final = this.#final(this.package);
    const group = this.groupPath;
    return final === this.defaultPackage ? group : `${group}@${final === '' ? '_global_' : final}`;
  }

  get missing(): boolean {
    return isMissing(this.name);
  }

  setHeader(header: string | null): void {
    if (header === null || (this.versionBase === '1.1' && header === '_group_')) return;
    let absolute = header === '_global_' || header.startsWith('_global_.') ? header : `_global_.${header}`;
    if (this.versionBase === '1.1') absolute = absolute.replaceAll('_group_', this.defaultPackage);
    this.header = absolute;
  }

  #final(own: string | null): string {
    let pkg = own ?? this.relativeGroup.replaceAll('/', '.');
    if (this.versionBase === '1.1' && this.name !== null) pkg = pkg.replaceAll('_name_', this.name);
    const parent = this.holder.package;
    const joined = parent === '' ? pkg : pkg === '' ? parent : `${parent}.${pkg}`;
    const global = joined.lastIndexOf(GLOBAL);
    return global < 0 ? joined : joined.slice(global + GLOBAL.length + 1);
  }
}

const GLOBAL = '_global_';

const withoutSlash = (path: string): string => (path.startsWith('/') ? path.slice(1) : path);
const under = (base: string, path: string): string =>
  base === '' ? path : path === '' ? base : `${base}/${path}`;
const directory = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** `- path/to/config`, and `- _self_`. */
export class ConfigDefault extends Item {
  readonly override = false;

  constructor(
    public path: string,
    pkg: string | null,
    versionBase: VersionBase,
    readonly optional = false,
  ) {
    super(pkg, versionBase);
  }

  get isSelf(): boolean {
    return this.path === '_self_';
  }

  get groupPath(): string {
    const group = directory(withoutSlash(this.path));
    return this.path.startsWith('/') ? group : under(this.holder.group, group);
  }

  get configPath(): string {
    return this.path.startsWith('/') ? this.path.slice(1) : under(this.holder.group, this.path);
  }

  get name(): string {
    return this.path.slice(this.path.lastIndexOf('/') + 1);
  }

  protected get relativeGroup(): string {
    return directory(withoutSlash(this.path));
  }

  get interpolated(): boolean {
    return isInterpolation(this.path);
  }

  resolve(choices: Choices): void {
    this.path = interpolate(this.configPath, choices);
  }
}

/** `- group: option`. */
export class GroupDefault extends Item {
  constructor(
    readonly group: string,
    public value: Option,
    pkg: string | null,
    versionBase: VersionBase,
    readonly optional = false,
    public override = false,
    /** Added on the command line. */
    readonly external = false,
  ) {
    super(pkg, versionBase);
  }

  get isSelf(): boolean {
    return this.value === '_self_';
  }

  get isNameless(): boolean {
    return this.group === '' || this.group === '/';
  }

  get groupPath(): string {
    return this.group.startsWith('/') ? this.group.slice(1) : under(this.holder.group, this.group);
  }

  /** null is written as Python writes it. */
  get configPath(): string {
    return `${this.groupPath}/${this.name ?? 'None'}`;
  }

  get name(): string | null {
    return typeof this.value === 'string' ? this.value : null;
  }

  protected get relativeGroup(): string {
    return withoutSlash(this.group);
  }

  get interpolated(): boolean {
    return isInterpolation(this.value);
  }

  resolve(choices: Choices): void {
    if (this.name === null) return;
    if (/^\$\{defaults\.\d\./.test(this.name) && this.versionBase !== '1.1')
      throw new HydraError(
        'ConfigCompositionException',
        `'${this.overrideKey}: ${this.name}' refers to an item of the list by its number, which Hydra 1.2 dropped`,
        { hint: 'refer to the choice by its group: ${group}' },
      );
    this.value = interpolate(this.name, choices);
  }
}

export const toDefault = (entry: Entry, versionBase: VersionBase): Default =>
  entry.kind === 'config'
    ? new ConfigDefault(entry.path, entry.package, versionBase)
    : new GroupDefault(entry.group, entry.value, entry.package, versionBase, entry.optional, entry.override);

/** What interpolations in a defaults list can refer to. */
export interface Choices {
  known: Dict<Value>;
  resolvers: Readonly<Record<string, Resolver>>;
}

function interpolate(text: string, { known, resolvers }: Choices): string {
  const root = createRoot(known);
  const leaf = new Leaf(text);
  leaf.parent = root;
  try {
    const found = new Resolution(resolvers).dereference(leaf);
    const value = found instanceof Leaf || 'value' in found ? found.value : null;
    if (typeof value === 'string') return value;
  } catch (error) {
    if (!isInterpolationError(error)) throw error;
    const available = known
      .keys()
      .map(String)
      .filter((key) => key !== 'defaults');
    throw new HydraError(
      'ConfigCompositionException',
      `'${text}' in a defaults list cannot be resolved: ${error.message}`,
      {
        available,
        hint: 'entries are expanded from the last to the first: choices of entries before it are not known yet',
        cause: error,
      },
    );
  }
  throw new HydraError('ConfigCompositionException', `'${text}' in a defaults list does not give text`);
}
