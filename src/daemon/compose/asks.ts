import type { Difference } from '../../composition/differences.js';
import type { Configuration } from '../../gen/expd/v1/runs.js';

// What the composing process is asked, and what it answers.

/** What a job was composed from, and what came of it. */
export type Composed = Pick<
  Configuration,
  'configName' | 'versionBase' | 'jobName' | 'overrides' | 'hydraOverrides' | 'job'
>;

export interface Asks {
  compose: {
    ask: {
      cwd: string;
      searchPath: string[];
      configName: string;
      overrides: string[];
      multirun: boolean;
      versionBase: string;
      jobName: string;
      environment: Record<string, string>;
      limit: number;
    };
    answer: {
      configurations: Configuration[];
      blobs: Uint8Array[];
      yaml: string[];
      multirunYaml: string;
      axes: string;
      warnings: string[];
    };
  };
  /** Whether the files that lie there now say something else. */
  drift: {
    ask: { composed: Composed; tree: Uint8Array; cwd: string; environment: Record<string, string> };
    answer: { differences: Difference[] };
  };
  /** The files of a job, as Hydra writes them at its start, and its resolved configuration as JSON. */
  files: {
    ask: {
      composed: Pick<Composed, 'overrides' | 'hydraOverrides' | 'job'>;
      /** The hydra node as JSON. */
      hydra: string;
      /** From 0; null: no job of a sweep. */
      number: number | null;
      outputDir: string;
      environment: Record<string, string>;
      /** Milliseconds since the epoch. */
      now: number;
    };
    answer: {
      config: string;
      hydra: string;
      overrides: string;
      resolved: string;
      /** `hydra.output_subdir`, where Hydra writes the files. */
      outputSubdir: string | null;
    };
  };
}

export type Kind = keyof Asks;

export interface Question<K extends Kind = Kind> {
  id: number;
  kind: K;
  ask: Asks[K]['ask'];
}

export type Reply =
  | { id: number; answer: Asks[Kind]['answer'] }
  /** What the configuration does wrong. */
  | { id: number; wrong: { message: string; hint: string } }
  | { id: number; bug: string }
  /** There was no answer, and why. */
  | { id: number; lost: string };
