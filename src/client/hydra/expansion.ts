import type { Composed, ConfigTree, Sweep } from '../../hydra/hydra.js';
import { ClientError } from '../errors.js';
import { composing } from './open.js';
import type { Place } from './place.js';
import type { PlanOptions } from './plan.js';

/** What a configuration and overrides amount to. */
export type Expansion = { kind: 'single'; composed: Composed } | { kind: 'sweep'; sweep: Sweep };

/**
 * Composes, or expands a sweep where one is asked for by a flag or by the configuration's own `hydra.mode`.
 * After `_run_app` of Hydra: what says nothing of a mode is told one. @throws ClientError
 */
export function expand(
  tree: ConfigTree,
  { config }: Pick<Place, 'config'>,
  overrides: readonly string[],
  { multirun, limit }: Pick<PlanOptions, 'multirun' | 'limit'>,
  jobName: string,
): Expansion {
  return composing(() => {
    const mode = tree.mode(config, overrides);
    if (mode === 'MULTIRUN' || multirun) {
      const words = mode === 'MULTIRUN' ? overrides : [...overrides, 'hydra.mode=MULTIRUN'];
      return { kind: 'sweep', sweep: tree.multirun(config, words, { limit, jobName }) };
    }
    const words = mode === 'RUN' ? overrides : [...overrides, 'hydra.mode=RUN'];
    return { kind: 'single', composed: tree.compose(config, words, { jobName }) };
  });
}

/** The configuration of the run, or what the jobs start from. */
export const firstOf = (expansion: Expansion): Composed =>
  expansion.kind === 'single' ? expansion.composed : expansion.sweep.master;

/**
 * Another sweeper chooses its jobs one after the other, another launcher starts them by itself. @throws ClientError
 * `instead`: what to do about it.
 */
export function refuseOthers(composed: Composed, instead: string): void {
  for (const what of ['sweeper', 'launcher'] as const) {
    const target = composed.select(`hydra.${what}._target_`);
    if (target === BASIC[what]) continue;
    const name = composed.choices().get(`hydra/${what}`) ?? String(target);
    throw new ClientError(
      'usage',
      `the configuration has hydra/${what}: ${name}, which ${WHY[what]}`,
      instead,
    );
  }
}

const BASIC = {
  sweeper: 'hydra._internal.core_plugins.basic_sweeper.BasicSweeper',
  launcher: 'hydra._internal.core_plugins.basic_launcher.BasicLauncher',
};

const WHY = {
  sweeper: 'chooses each job by the results of others',
  launcher: 'starts the jobs by itself',
};
