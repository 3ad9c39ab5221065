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
