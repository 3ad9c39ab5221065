import { HydraError } from '../errors.js';
import { keyElement, type Override, overrideValue } from '../override/override.js';
import { repr } from '../python/text.js';
import { Dict, isList, typeName, type Value } from '../value.js';
import { type Default, GroupDefault, type Option } from './defaults.js';
import type { Repository } from './repository.js';

/** About a value in the composed configuration; otherwise its key is a group and it is about the defaults list. */
export const isValueOverride = (repository: Repository, override: Override): boolean =>
  override.value instanceof Dict || !repository.hasGroup(override.key);

interface Chosen {
  value: Option;
  /** The configuration whose defaults list says so; null: the command line. */
  by: string | null;
  used: boolean;
}

/** What overrides say about groups, and which option of each group the tree has taken. */
export class Choices {
  /** Entries that the command line appends to the primary configuration's list. */
  readonly appended: GroupDefault[] = [];
  /** By override key, in the order in which they were met. */
  readonly known = new Map<string, string | null>();
  readonly #chosen = new Map<string, Chosen>();
  readonly #deletions = new Map<string, { name: string | null; used: boolean }>();
  readonly #keysOfGroup = new Map<string, Set<string>>();

  /** Of overrides that are neither sweeps nor about values. */
  constructor(repository: Repository, overrides: readonly Override[]) {
    for (const override of overrides) this.#take(repository, override);
  }

  /** An `override` entry of a defaults list; what was said first counts. */
  addOverride(by: string, entry: GroupDefault): void {
    const key = entry.overrideKey;
    if (!this.#chosen.has(key)) this.#chosen.set(key, { value: entry.value, by, used: false });
  }

  /** Gives an entry the option that was chosen for it. */
  apply(entry: Default): void {
    if (!(entry instanceof GroupDefault)) return;
    const chosen = this.#chosen.get(entry.overrideKey);
    if (chosen === undefined) return;
    entry.value = chosen.value;
    chosen.used = true;
  }

  /** Whether the entry was deleted on the command line; then that deletion is used. */
  deletes(entry: Default): boolean {
    if (!(entry instanceof GroupDefault)) return false;
    const deletion = this.#deletions.get(entry.overrideKey);
    if (deletion === undefined || (deletion.name !== null && deletion.name !== entry.name)) return false;
    deletion.used = true;
    return true;
  }

  record(entry: Default): void {
    if (!(entry instanceof GroupDefault)) return;
    const key = entry.overrideKey;
    const known = this.known.get(key);
    if (known === undefined) this.known.set(key, entry.name);
    else if (known !== entry.name)
      throw new HydraError(
        'ConfigCompositionException',
        `Multiple values for ${key}: ${known} and ${entry.name}`,
        {
          hint: `to replace the value write 'override ${key}: ${entry.name}'`,
        },
      );
    const keys = this.#keysOfGroup.get(entry.groupPath) ?? new Set();
    this.#keysOfGroup.set(entry.groupPath, keys.add(key));
  }

  /** ConfigCompositionException for an override or a deletion that met nothing. */
  ensureUsed(): void {
    for (const [key, chosen] of this.#chosen) if (!chosen.used) throw this.#unused(key, chosen);
    for (const [key, { name, used }] of this.#deletions)
      if (!used)
        throw new HydraError(
          'ConfigCompositionException',
          `Could not delete '${name === null ? key : `${key}=${name}`}'. No match in the defaults list`,
          { available: [...this.known.keys()] },
        );
  }

  #unused(key: string, { value, by }: Chosen): HydraError {
    const others = [...(this.#keysOfGroup.get(key.split('@')[0] ?? '') ?? [])].sort();
    const meant =
      others.length === 0
        ? ' No match in the defaults list.'
        : `\nDid you mean to override ${others.length > 1 ? 'one of ' : ''}${others.join(', ')}?`;
    const option = isList(value) ? repr(value) : value;
    return new HydraError(
      'ConfigCompositionException',
      `${by === null ? '' : `In '${by}': `}Could not override '${key}'.${meant}`,
      {
        available: others.length > 0 ? others : [...this.known.keys()],
        hint: by === null ? `To append to your default list use +${key}=${option}` : undefined,
      },
    );
  }

  #take(repository: Repository, override: Override): void {
    const value = overrideValue(override);
    switch (override.operation) {
      case 'forceAdd':
        throw new HydraError(
          'ConfigCompositionException',
          `force-add of config groups is not supported: '${override.input}'`,
          { hint: `+${override.key}=… adds, ${override.key}=… replaces` },
        );
      case 'delete':
        this.#deletions.set(keyElement(override).slice(1), { name: nameOf(override, value), used: false });
        return;
      case 'add':
        this.appended.push(
          new GroupDefault(
            override.key,
            optionOf(override, value),
            override.package,
            repository.versionBase,
            false,
            false,
            true,
          ),
        );
        return;
      case 'change':
        this.#chosen.set(keyElement(override), { value: optionOf(override, value), by: null, used: false });
        return;
    }
  }
}

function nameOf(override: Override, value: Value): string | null {
  if (value === null || typeof value === 'string') return value;
  throw new HydraError('ValueError', `'${override.input}': an option of a group is text`);
}

function optionOf(override: Override, value: Value): Option {
  if (typeof value === 'string' || isList(value)) return value;
  throw new HydraError(
    'ValueError',
    `'${override.input}': '${override.key}' is a group, so its value must be an option or a list of options, not ${typeName(value)}`,
    { hint: value === null ? `to leave the group out write ~${override.key}` : undefined },
  );
}
