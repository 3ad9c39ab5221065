import { HydraError, type Sweep } from '../../hydra/hydra.js';
import { ClientError } from '../errors.js';
import type { InvalidJob, PlanOptions } from './plan.js';
import { problem } from './problem.js';

/** How many bad jobs a refusal names. */
const NAMED = 20;

export const tooMany = (count: number, limit: number): ClientError =>
  new ClientError(
    'usage',
    `the sweep has ${count.toLocaleString('en')} jobs, more than ${limit.toLocaleString('en')}`,
    `EXPD_SWEEP_LIMIT=${count} raises the limit`,
  );

/** Keys with more than one value, as people say them. */
export const axesInWords = (sweep: Pick<Sweep, 'axes'>): string =>
  sweep.axes
    .filter(({ overrides }) => overrides.length > 1)
    .map(({ key }) => key.replace(/^[+~]+/, ''))
    .join(' × ');

/** Makes every job of a sweep, so that a typo is found now; refuses the whole sweep for bad ones, or skips them. */
export function makeAll<J>(
  sweep: Sweep,
  { skipInvalid }: Pick<PlanOptions, 'skipInvalid'>,
  make: (number: number, overrides: string[]) => J,
): { jobs: J[]; skipped: InvalidJob[] } {
  const jobs: J[] = [];
  const bad: (InvalidJob & { error: ClientError })[] = [];
  for (let number = 0; number < sweep.jobs; number++) {
    const overrides = sweep.overrides(number);
    try {
      jobs.push(make(number, overrides));
    } catch (cause) {
      const error = cause instanceof HydraError ? problem(cause) : cause;
      if (!(error instanceof ClientError)) throw error;
      bad.push({ number, overrides, why: `${error.message}${error.hint && `; ${error.hint}`}`, error });
    }
  }
  const [first] = bad;
  if (first === undefined || (skipInvalid && jobs.length > 0)) return { jobs, skipped: bad };
  throw invalid(bad, sweep.jobs, first.error);
}

function invalid(bad: readonly InvalidJob[], count: number, first: ClientError): ClientError {
  // What is wrong with all of them is said once.
  if (bad.length === count && bad.every(({ why }) => why === bad[0]?.why)) return first;
  const named = bad
    .slice(0, NAMED)
    .map(({ number, overrides, why }) => `  job ${number} (${overrides.join(' ')}): ${why}`);
  const more = bad.length > NAMED ? [`  and ${bad.length - NAMED} more`] : [];
  return new ClientError(
    'config_invalid',
    bad.length === count
      ? 'no job of the sweep can be composed'
      : `${bad.length} of ${count} jobs cannot be composed, so nothing is queued`,
    bad.length === count ? '' : 'mend them, or leave them out with --skip-invalid',
    { lines: [...named, ...more] },
  );
}

export const skippedNotes = (skipped: readonly InvalidJob[]): string[] =>
  skipped.map(({ number, overrides, why }) => `left out job ${number} (${overrides.join(' ')}): ${why}`);
