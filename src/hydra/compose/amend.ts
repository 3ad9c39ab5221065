import { type Override, parseOverrides } from '../override/override.js';
import { isValueOverride } from './choices.js';
import type { Repository } from './repository.js';

/**
 * Overrides with more behind them. Values are set one after the other, so the later one counts anyway; of a group
 * there must be one choice, which takes the place of the earlier.
 */
export function amended(
  repository: Repository,
  overrides: readonly string[],
  more: readonly string[],
): string[] {
  const result = parseOverrides(overrides);
  for (const override of parseOverrides(more)) {
    const at = isValueOverride(repository, override)
      ? -1
      : result.findIndex((one) => sameGroup(one, override));
    if (at < 0) result.push(override);
    else result.splice(at, 1, ...choice(result[at], override));
  }
  return result.map(({ input }) => input);
}

const sameGroup = (a: Override, b: Override): boolean => a.key === b.key && a.package === b.package;

/** What was added stays an addition, and once deleted is none. */
function choice(before: Override | undefined, after: Override): Override[] {
  if (before?.operation !== 'add') return [after];
  if (after.operation === 'delete') return [];
  return after.operation === 'add' ? [after] : parseOverrides([`+${after.input}`]);
}
