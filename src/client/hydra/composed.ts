import { ConfigurationKind } from '../../gen/expd/v1/runs.js';
import { type Composed, type ConfigTree, HydraError, type JobConfig } from '../../hydra/hydra.js';
import { nameOf } from '../../program/name.js';
import { ClientError } from '../errors.js';
import { planOf } from './configured.js';
import { expand, firstOf, refuseOthers } from './expansion.js';
import { commandIn, runWords, sweepWords } from './expd-node.js';
import { encodedTree, storedTree } from './files.js';
import { composing, noConfiguration } from './open.js';
import type { Place } from './place.js';
import type { Plan, PlanOptions } from './plan.js';

/** Plans what the `expd:` node of the project's configuration says. @throws ClientError */
export function planComposed(
  tree: ConfigTree,
  place: Place,
  overrides: readonly string[],
  options: PlanOptions,
): Plan {
  const jobName = nameIn(tree, place, overrides, options) ?? place.jobName;
  const expansion = expand(tree, place, overrides, options, jobName);
  const first = firstOf(expansion);
  if (expansion.kind === 'sweep') refuseOthers(first, 'leave the choice to the sweep: lr=0.1,0.01');
  const maker = {
    kind: ConfigurationKind.CONFIGURATION_KIND_COMPOSED,
    job: (_: readonly string[], config: Pick<JobConfig, 'select'>) => ({
      argv: commandIn(config) ?? nothingToRun(place),
      words: runWords(config),
    }),
    sweepWords,
    programWords: 0,
  };
  const stored = { place, jobName, tree: () => encodedTree(storedTree(tree, first.composition.sources)) };
  const plan = composing(() => planOf(expansion, maker, stored, options));
  const shipped = place.shipped ? [SHIPPED] : [];
  return { ...plan, notes: [...shipped, ...plan.notes, ...first.warnings] };
}

const SHIPPED =
  'no conf/config.yaml here or in a directory above: this is one of the configurations that come with expd';

/** As Hydra would call the job of the script that the command runs; null where there is no command. */
function nameIn(
  tree: ConfigTree,
  place: Place,
  overrides: readonly string[],
  options: PlanOptions,
): string | null {
  const command = commandBefore(() => {
    const expansion = expand(tree, place, overrides, options, place.jobName);
    return expansion.kind === 'single' ? expansion.composed : expansion.sweep.config(0);
  });
  return command === null ? null : nameOf(command);
}

/** What is wrong with a configuration is said later, by who needs it. */
function commandBefore(config: () => Pick<Composed, 'select'>): string[] | null {
  try {
    return commandIn(config());
  } catch (error) {
    if (error instanceof ClientError || error instanceof HydraError) return null;
    throw error;
  }
}

function nothingToRun(place: Place): never {
  if (place.shipped) throw noConfiguration();
  throw new ClientError(
    'config_invalid',
    'the configuration does not say what to run',
    'write expd: {command: [python, train.py]} into it, or submit -- python train.py',
  );
}
