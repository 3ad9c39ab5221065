import { HydraError } from '../errors.js';
import { isSweepOverride, keyElement, type Override, overrideText, valueKind } from '../override/override.js';
import { sweepTexts } from '../override/sweep.js';

// The basic sweeper: every combination of what the overrides sweep over, the last key fastest.
// https://hydra.cc/docs/1.3/tutorials/basic/running_your_app/multi-run

/** One key of a sweep with the overrides that its jobs take in turn. */
export interface Axis {
  /** With its prefix: `+group@package`. */
  key: string;
  overrides: readonly string[];
}

/** Options of the group that an override names, for `glob`. */
export type GroupOptions = (group: string) => readonly string[];

/**
 * The axes of a sweep, in the order in which their keys are first seen; a later override of a key replaces its values.
 * Overrides that sweep over nothing are axes of one. `limit`: how many values one axis may have.
 */
export function axesOf(overrides: readonly Override[], options: GroupOptions, limit: number): Axis[] {
  const axes = new Map<string, Axis>();
  for (const override of overrides) {
    const key = keyElement(override);
    axes.set(key, { key, overrides: valuesOf(override, key, options, limit) });
  }
  return [...axes.values()];
}

function valuesOf(override: Override, key: string, options: GroupOptions, limit: number): string[] {
  if (!isSweepOverride(override)) return [`${key}=${overrideText(override)}`];
  const kind = valueKind(override);
  if (kind === 'INTERVAL_SWEEP')
    throw new HydraError(
      'HydraException',
      `'${override.input}': the basic sweeper cannot sample an interval`,
      {
        hint: 'use range(start,stop,step) or choice(…)',
      },
    );
  const values: string[] = [];
  for (const text of sweepTexts(override, () => options(override.key))) {
    if (values.length >= limit) throw tooMany(limit, `'${override.input}' has more than ${limit} values`);
    values.push(`${key}=${text}`);
  }
  return values;
}

/** How many jobs; LimitError for more than `limit`. */
export function countJobs(axes: readonly Axis[], limit: number): number {
  const count = axes.reduce((product, { overrides }) => product * overrides.length, 1);
  if (count > limit) throw tooMany(limit, `the sweep has ${count.toLocaleString('en')} jobs`);
  return count;
}

const tooMany = (limit: number, message: string): HydraError =>
  new HydraError('LimitError', message, { hint: `at most ${limit} are allowed; the limit can be raised` });

/** The overrides of the job with this number, from 0. */
export function jobOverrides(axes: readonly Axis[], number: number): string[] {
  const words: string[] = [];
  let rest = number;
  for (const { overrides } of [...axes].reverse()) {
    words.unshift(overrides[rest % overrides.length] ?? '');
    rest = Math.floor(rest / overrides.length);
  }
  return words;
}

/** The sizes of batches that run one after the other. */
export function batchSizes(count: number, maxBatchSize: number | null): number[] {
  if (maxBatchSize === null) return [count];
  if (maxBatchSize <= 0) throw new HydraError('ValueError', 'hydra.sweeper.max_batch_size must be positive');
  const sizes: number[] = [];
  for (let left = count; left > 0; left -= maxBatchSize) sizes.push(Math.min(left, maxBatchSize));
  return sizes;
}
