import type { ConfiguredSweep } from '../../composition/configure.js';
import type { Configuration, ConfigurationKind } from '../../gen/expd/v1/runs.js';

// What a command line means, before anything is sent: one run or the jobs of a sweep.

export interface Plan {
  jobs: Job[];
  /** null: a single run. */
  sweep: SweepPlan | null;
  /** Contents that configurations name by their sha256. */
  blobs: Buffer[];
  /** Said to the user beside the answer: what was left out, what was left unchecked. */
  notes: string[];
}

export interface SweepPlan extends Omit<ConfiguredSweep, 'jobs'> {
  /** Flags of the sweep that the configuration gives, as words by long name. */
  words: Words;
}

export type Words = ReadonlyMap<string, readonly string[]>;

export interface Job {
  argv: string[];
  /** Overrides of the task, by which people and `--missing` tell jobs apart. */
  overrides: string[];
  /** Flags of the run that the configuration gives, as words by long name; the command line wins. */
  words: Words;
  configuration: Configuration | null;
}

/** What a call asks of a plan beside the command. */
export interface PlanOptions {
  multirun: boolean;
  /** Leave out jobs that cannot be composed, instead of refusing all. */
  skipInvalid: boolean;
  /** Jobs that a sweep may have. */
  limit: number;
  /** Run an application with the files that were there at the submission. */
  pinned: boolean;
}

/** One run of a command that says all by itself. */
export const plainPlan = (argv: readonly string[]): Plan => ({
  jobs: [{ argv: [...argv], overrides: [], words: new Map(), configuration: null }],
  sweep: null,
  blobs: [],
  notes: [],
});

/** Of a job that is known by its overrides alone. */
export const uncomposed = (
  kind: ConfigurationKind,
  overrides: string[],
  programWords = 0,
): Configuration => ({
  kind,
  configName: '',
  versionBase: '',
  jobName: '',
  overrides,
  hydraOverrides: [],
  job: '',
  hydraSha256: '',
  treeSha256: '',
  runDir: '',
  pinned: false,
  programWords,
  holdOnDrift: false,
  baseSha256: '',
});
