import type { HydraError } from '../../hydra/errors.js';
import type { Sweep, Value } from '../../hydra/hydra.js';
import { ClientError } from '../errors.js';
import { library } from './open.js';
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
export const axesInWords = (sweep: Sweep): string =>
  sweep.axes
    .filter(({ overrides }) => overrides.length > 1)
    .map(({ key }) => key.replace(/^[+~]+/, ''))
    .join(' × ');

export interface ComposedJob {
  number: number;
  overrides: string[];
  config: Value;
}

/** Composes every job of a sweep, so that a typo is found now; refuses the whole sweep for bad ones, or skips them. */
export async function composeAll(
  sweep: Sweep,
  { skipInvalid }: Pick<PlanOptions, 'skipInvalid'>,
): Promise<{ jobs: ComposedJob[]; skipped: InvalidJob[] }> {
  const { HydraError } = await library();
  const jobs: ComposedJob[] = [];
  const bad: (InvalidJob & { error: HydraError })[] = [];
  for (let number = 0; number < sweep.jobs; number++) {
    const overrides = sweep.overrides(number);
    try {
      jobs.push({ number, overrides, config: sweep.config(number) });
    } catch (error) {
      if (!(error instanceof HydraError)) throw error;
      bad.push({ number, overrides, why: problem(error).message, error });
    }
  }
  const [first] = bad;
  if (first === undefined || (skipInvalid && jobs.length > 0)) return { jobs, skipped: bad };
  throw invalid(bad, sweep.jobs, first.error);
}

function invalid(bad: readonly InvalidJob[], count: number, first: HydraError): ClientError {
  const named = bad
    .slice(0, NAMED)
    .map(({ number, overrides, why }) => `  job ${number} (${overrides.join(' ')}): ${why}`);
  const more = bad.length > NAMED ? [`  and ${bad.length - NAMED} more`] : [];
  const { message, hint } = problem(first);
  const many = bad.length === count ? 'no job' : `${bad.length} of ${count} jobs`;
  return new ClientError(
    'config_invalid',
    bad.length === count
      ? `no job of the sweep composes: ${message}`
      : `${many} do not compose, so nothing is queued`,
    hint || 'mend them, or leave them out with --skip-invalid',
    { lines: [...named, ...more] },
  );
}

export const skippedNotes = (skipped: readonly InvalidJob[]): string[] =>
  skipped.map(({ number, overrides, why }) => `left out job ${number} (${overrides.join(' ')}): ${why}`);
