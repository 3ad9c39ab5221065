import type { Value } from '../../hydra/hydra.js';
import type { Place } from './place.js';

// What a command line means, before anything is sent: one run or the jobs of a sweep.

export interface Plan {
  jobs: Job[];
  /** null: a single run. */
  sweep: SweepPlan | null;
  /** Said to the user beside the answer: what was understood, what was left unchecked. */
  notes: string[];
}

export interface SweepPlan {
  /** What it goes over: `lr × seed`. */
  axes: string;
  /** multirun.yaml; '' where there is no configuration. */
  multirunYaml: string;
  /** The project's own `hydra.sweep.dir`, absolute; '' for the layout's. */
  dir: string;
}

export interface Job {
  argv: string[];
  /** Overrides of the task, for display and for telling jobs apart. */
  overrides: string[];
  /** Flags of the run that the configuration sets, by long name; the command line wins. */
  words: ReadonlyMap<string, readonly string[]>;
  configuration: JobConfiguration | null;
}

export interface JobConfiguration {
  kind: 'application' | 'composed';
  place: Place;
  hydraOverrides: string[];
  /** The job's own configuration, interpolations as they are. */
  job: Value;
  /** The hydra node; shared by jobs that made the same choices. */
  hydra: Value;
  /** The project's own `hydra.run.dir` as it is written, or '' for the layout's. */
  runDir: string;
  /** Of an application: words before its own arguments. */
  programWords: number;
}

/** A job that cannot be composed, and why. */
export interface InvalidJob {
  number: number;
  overrides: string[];
  why: string;
}

/** What a call asks of a plan beside the command. */
export interface PlanOptions {
  multirun: boolean;
  /** Leave out jobs that cannot be composed, instead of refusing all. */
  skipInvalid: boolean;
  /** Whether a program is a Hydra application: `detect` looks. */
  hydra: 'yes' | 'no' | 'detect';
  /** Run an application that sweeps by itself as one run. */
  whole: boolean;
  /** Jobs that a sweep may have. */
  limit: number;
}
