import type { Candidate, Places } from './candidate.js';

// What the inspecting process is asked, and what it answers.

export interface Asks {
  /** What lies in these places. `settled`: see scan. */
  scan: { ask: { places: Places; settled: number }; answer: Candidate[] };
  /** One path by itself, wherever it lies; null: nothing that could be a checkpoint. */
  look: { ask: { path: string }; answer: Candidate | null };
  verify: { ask: Pick<Candidate, 'path' | 'kind' | 'preset' | 'step'>; answer: Verdict };
  /** A copy whose files have the same times, for stacks that look into their own directory. */
  copy: { ask: { from: string; to: string; below: string }; answer: null };
  /** MLflow's run id in the first of these metrics files that tells one. */
  mlflow: { ask: { files: readonly string[] }; answer: string | null };
  /** Moves checkpoints aside, then deletes them; the paths that are gone. */
  discard: { ask: { paths: readonly string[] }; answer: string[] };
}

export interface Verdict {
  /** Why it must not be used, or null. */
  why: string | null;
  /** As its name or its contents say. */
  step: number | null;
}

export type Kind = keyof Asks;

export interface Question<K extends Kind = Kind> {
  id: number;
  kind: K;
  ask: Asks[K]['ask'];
}

export type Reply =
  | { id: number; answer: Asks[Kind]['answer'] }
  /** What the system said, or what is wrong. */
  | { id: number; failed: { message: string; code: string | null; path: string | null } };
