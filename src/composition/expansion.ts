import type { Composed, ConfigTree, Sweep } from '../hydra/hydra.js';
import type { Place } from './place.js';

/** What a configuration and overrides amount to. */
export type Expansion = { kind: 'single'; composed: Composed } | { kind: 'sweep'; sweep: Sweep };

export interface ExpansionOptions {
  multirun: boolean;
  /** Jobs that a sweep may have. */
  limit: number;
  jobName: string;
}

/**
 * Composes, or expands a sweep where one is asked for by a flag or by the configuration's own `hydra.mode`.
 * After `_run_app` of Hydra: what says nothing of a mode is told one. Throws HydraError.
 */
export function expand(
  tree: ConfigTree,
  { config }: Pick<Place, 'config'>,
  overrides: readonly string[],
  { multirun, limit, jobName }: ExpansionOptions,
): Expansion {
  const mode = tree.mode(config, overrides);
  if (mode === 'MULTIRUN' || multirun) {
    const words = mode === 'MULTIRUN' ? overrides : [...overrides, 'hydra.mode=MULTIRUN'];
    return { kind: 'sweep', sweep: tree.multirun(config, words, { limit, jobName }) };
  }
  const words = mode === 'RUN' ? overrides : [...overrides, 'hydra.mode=RUN'];
  return { kind: 'single', composed: tree.compose(config, words, { jobName }) };
}

/** The configuration of the run, or what the jobs start from. */
export const firstOf = (expansion: Expansion): Composed =>
  expansion.kind === 'single' ? expansion.composed : expansion.sweep.master;

/** A sweeper other than Hydra's own chooses each job by the results of others, a launcher starts them by itself. */
export interface Foreign {
  what: 'sweeper' | 'launcher';
  name: string;
}

export function foreignIn(composed: Composed): Foreign | null {
  for (const what of ['sweeper', 'launcher'] as const) {
    const target = composed.select(`hydra.${what}._target_`);
    if (target !== BASIC[what])
      return { what, name: composed.choices().get(`hydra/${what}`) ?? String(target) };
  }
  return null;
}

const BASIC = {
  sweeper: 'hydra._internal.core_plugins.basic_sweeper.BasicSweeper',
  launcher: 'hydra._internal.core_plugins.basic_launcher.BasicLauncher',
};
