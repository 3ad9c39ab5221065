import type { Preset } from './preset.js';

/** What lies on disk and may be a checkpoint. */
export interface Candidate {
  /** Absolute. */
  path: string;
  /** The attempt in whose run directory it lies, and where below it; null: it lies outside of them. */
  of: { attempt: number; runDir: string; below: string } | null;
  /** null: of a kind that nobody knows, named by a pattern or by the run itself. */
  preset: Preset | null;
  kind: 'file' | 'directory';
  /** null: neither its name nor its contents say one. */
  step: number | null;
  bytes: number;
  /** Of the last of its files, Unix ms. */
  writtenAt: number;
  /** Kept for its quality: the last to be resumed from. */
  best: boolean;
  /** The run told of it in its metrics file. */
  told: boolean;
  /** What it states itself, or the run did of its step. */
  metrics: Readonly<Record<string, number>>;
  /** Why it is not complete, or null. */
  missing: string | null;
}

/** Where a run's checkpoints are looked for. */
export interface Places {
  /** Of its attempts, the oldest first; a directory that attempts share stands once, with the first of them. */
  runDirs: readonly {
    attempt: number;
    runDir: string;
    /** What was written before does not count, Unix ms. */
    since: number;
    metricsFile: string;
  }[];
  /** Only of this stack. */
  only: Preset | null;
  /** Absolute, or below each run directory where it begins with `{run_dir}/`; null: what the stacks' names find. */
  pattern: string | null;
  /** The run's directory of curves: Lightning's checkpoints lie beside the events of its logger; null: not looked at. */
  curves: string | null;
  /** Outside of run directories only what was written while one of the attempts was there; Unix ms. */
  windows: readonly { from: number; to: number }[];
  /** A key of the metrics, of which each checkpoint gets the value that belongs to its step. */
  metric: string | null;
}
