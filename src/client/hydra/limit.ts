import { ClientError } from '../errors.js';

const JOBS = 10_000;

/** How many jobs a sweep may have; a typo is found before it fills the queue. */
export function sweepLimit(env: Readonly<Record<string, string | undefined>>): number {
  const given = env.EXPD_SWEEP_LIMIT;
  if (given === undefined || given === '') return JOBS;
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given);
  throw new ClientError(
    'usage',
    `EXPD_SWEEP_LIMIT is no number of jobs: ${JSON.stringify(given)}`,
    'write e.g. EXPD_SWEEP_LIMIT=50000',
  );
}
