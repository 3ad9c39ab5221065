import { argumentOf, plain } from '../config/argument.js';
import {
  type Container,
  children,
  type DictNode,
  isContainer,
  isMissingNode,
  ListNode,
} from '../config/node.js';
import type { Resolution } from '../config/resolve.js';
import { update } from '../config/update.js';
import { HydraError, isOmegaConfError } from '../errors.js';
import { nearest } from '../nearest.js';
import { type Override, overrideValue } from '../override/override.js';
import { repr } from '../python/text.js';
import { Dict, equal, isList, type Value } from '../value.js';

/** Applies overrides of values to a composed configuration, in their order. Keys that are not there need a `+`. */
export function applyOverrides(root: DictNode, overrides: readonly Override[], resolution: Resolution): void {
  for (const override of overrides) {
    if (override.package !== null)
      throw new HydraError(
        'ConfigCompositionException',
        `Override ${override.input} looks like a config group override, but config group '${override.key}' does not exist.`,
      );
    try {
      apply(root, override, resolution);
    } catch (error) {
      if (!isOmegaConfError(error)) throw error;
      throw new HydraError(
        'ConfigCompositionException',
        `Error merging override ${override.input}: ${error.message}`,
        {
          ...error.details,
          cause: error,
        },
      );
    }
  }
}

function apply(root: DictNode, override: Override, resolution: Resolution): void {
  const { key, operation } = override;
  const value = overrideValue(override);
  if (operation === 'delete') remove(root, override, value, resolution);
  else if (operation === 'change') change(root, override, value, resolution);
  else {
    const container = isList(value) || value instanceof Dict;
    if (operation === 'add' && select(root, key, resolution) !== null && !container) throw occupied(override);
    update(root, key, value, { resolution, openness: 'struct', force: true });
  }
}

function change(root: DictNode, override: Override, value: Value, resolution: Resolution): void {
  try {
    update(root, override.key, value, { resolution, openness: 'struct' });
  } catch (error) {
    if (!(error instanceof HydraError) || error.type !== 'ConfigKeyError') throw error;
    const { available = [] } = error.details;
    const like = nearest(override.key.split('.').at(-1) ?? '', available);
    throw new HydraError(
      'ConfigCompositionException',
      `Could not override '${override.key}': ${error.message}`,
      {
        available,
        hint: like === null ? `To append to your config use +${override.input}` : `did you mean '${like}'?`,
        cause: error,
      },
    );
  }
}

const occupied = ({ key, input }: Override): HydraError =>
  new HydraError(
    'ConfigCompositionException',
    `Could not append to config. An item is already at '${key}'.`,
    {
      hint: `to change it write ${input.slice(1)}, to add or change it +${input}`,
    },
  );

/** null: nothing, null or '???'. */
function select(root: DictNode, key: string, resolution: Resolution): Value {
  const found = resolution.find(root, key);
  return found === null || isMissingNode(found) ? null : plain(argumentOf(found));
}

function remove(root: DictNode, { key }: Override, value: Value, resolution: Resolution): void {
  const found = select(root, key, resolution);
  if (found === null)
    throw new HydraError(
      'ConfigCompositionException',
      `Could not delete from config. '${key}' does not exist.`,
    );
  if (value !== null && !equal(value, found))
    throw new HydraError(
      'ConfigCompositionException',
      `Could not delete from config. The value of '${key}' is ${repr(found)} and not ${repr(value)}.`,
    );
  const dot = key.lastIndexOf('.');
  const holder = dot < 0 ? root : resolution.find(root, key.slice(0, dot));
  if (isContainer(holder)) removeFrom(holder, key.slice(dot + 1));
}

function removeFrom(holder: Container, key: string): void {
  if (holder instanceof ListNode)
    throw new HydraError('TypeError', `an item of a list cannot be deleted (${key})`);
  if (holder.struct !== null)
    throw new HydraError('ConfigTypeError', `a key of ${holder.struct.name} cannot be deleted`);
  children(holder)?.delete(key);
}
