/**
 * What to run and how, as it was acknowledged. Stored as JSON with its sha256, which is checked
 * before each execution: SQLite's own checks do not see a flipped byte inside a row.
 */
export interface Submission {
  argv: string[];
  cwd: string;
  project: string;
  /** sha256 of the stored environment; see rundir/environment. */
  envSha: string;
  timeLimitMs: number | null;
  graceMs: number;
  warn: { signal: string; leadMs: number } | null;
  requeueExits: number[];
  seed: number;
  resumeArg: string | null;
  template: boolean;
  split: boolean;
  layout: string;
  topLevel: boolean;
  umask: number;
  nice: number;
  /** -1 = unlimited. */
  rlimits: { name: string; soft: number; hard: number }[];
  configuration: Configuration | null;
  /** What becomes of the curves that a chosen experiment id has already; null: it had none. */
  existingExperiment: 'continue' | 'replace' | null;
  /** Absent: the stacks' own names in the run's directories, and no metric. */
  checkpoints?: CheckpointWishes;
  /** The checkpoint that it is a variation of. */
  parent?: Parent;
  /** The variables of W&B are left to the script. */
  noWandb?: true;
}

/** Where a run's checkpoints lie, and which is the best. */
export interface CheckpointWishes {
  /** Name of a stack, or a pattern: absolute, or `{run_dir}/…`. */
  where: string | null;
  metric: Metric | null;
}

export interface Metric {
  name: string;
  mode: 'min' | 'max';
}

/** A checkpoint, and the run that wrote it where that is known. */
export interface Parent {
  /** Absolute. */
  path: string;
  step: number | null;
  runId: number | null;
}

/** What is known of the configuration of a command. */
export interface Configuration {
  /** `application`: the command composes by itself. `composed`: it finds the resolved one in EXPD_CONFIG's file. */
  kind: 'application' | 'composed';
  /** Of the task and of the hydra node, each as it was written. */
  overrides: string[];
  hydraOverrides: string[];
  /** Of an application: words of argv before its own arguments. */
  programWords: number;
  /** null: of an application that Python alone can compose. */
  composed: Composed | null;
}

/** A configuration as the client composed it, as Hydra does. */
export interface Composed {
  /** null: there is no primary configuration. */
  configName: string | null;
  versionBase: string;
  jobName: string;
  /** JSON, interpolations as they are; Python's types as docs/hydra.md says. With `baseSha` a patch (job-patch.ts). */
  job: string;
  /** sha256 of a stored content: the configuration of another job of the sweep, of which `job` is a patch. */
  baseSha?: string;
  /** sha256 of stored contents (rundir/configurations): the hydra node as JSON; a ConfigurationTree. */
  hydraSha: string;
  treeSha: string;
  /** A project's own `hydra.run.dir`; null: the layout's. */
  runDir: string | null;
  /** Of an application: run with the stored tree. */
  pinned: boolean;
  /** Of an application: files that differ at the start hold the run. */
  holdOnDrift: boolean;
}

/** A key whose value is another than the one that was submitted, each as YAML; null: the key is not there. */
export interface Drift {
  key: string;
  one: string | null;
  other: string | null;
}

export type DependencyKind = 'afterok' | 'afterany';
export interface Dependency {
  on: number;
  kind: DependencyKind;
}

/** git's view of the project at submission; `unknown` says why there is none. */
export type CodeState =
  | {
      known: true;
      toplevel: string;
      commit: string;
      branch: string;
      remote: string;
      dirty: boolean;
      /** sha256 of the kept diff in `<state>/code/`, null when clean or too large. */
      diffSha: string | null;
      diffOmitted: boolean;
      fingerprint: string;
      changedFiles: string[];
    }
  | { known: false; why: string };
