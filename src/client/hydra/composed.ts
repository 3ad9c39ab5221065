import type { ConfiguredJob } from '../../composition/configure.js';
import { type ExpansionOptions, expand, firstOf } from '../../composition/expansion.js';
import { encodedTree, storedTree } from '../../composition/files.js';
import { ConfigurationKind } from '../../gen/expd/v1/runs.js';
import { type Composed, type ConfigTree, Dict, HydraError, isList, type Value } from '../../hydra/hydra.js';
import { nameOf } from '../../program/name.js';
import { ClientError } from '../errors.js';
import { commandIn, runWords } from './expd-node.js';
import { composing, noConfiguration } from './open.js';
import { type OpenPlace, SHIPPED } from './place.js';
import type { Plan, PlanOptions } from './plan.js';
import { planOf, refuseForeign } from './planned.js';

/** Plans what the `expd:` node of the project's configuration says. @throws ClientError */
export function planComposed(
  tree: ConfigTree,
  place: OpenPlace,
  overrides: readonly string[],
  options: PlanOptions,
): Plan {
  const jobName = jobNameIn(tree, place, overrides, options);
  const expansion = composing(() => expand(tree, place, overrides, { ...options, jobName }));
  refuseForeign(expansion, 'leave the choice to the sweep: lr=0.1,0.01');
  const origin = {
    place,
    jobName,
    kind: ConfigurationKind.CONFIGURATION_KIND_COMPOSED,
    programWords: 0,
    pinned: options.pinned,
    patches: true,
    tree: () => encodedTree(storedTree(tree, firstOf(expansion).composition.sources)),
  };
  const missing = new Set<string>();
  const finish = ({ config, configuration, value }: ConfiguredJob) => {
    // What a patch does not name is as in another job.
    if (configuration.job.includes('"???"')) for (const key of missingIn(value)) missing.add(key);
    checkResolves(config);
    return { argv: commandIn(config) ?? nothingToRun(place), words: runWords(config) };
  };
  const plan = planOf(expansion, origin, finish, options);
  const notes = missing.size > 0 ? [`still to be given (???): ${[...missing].join(', ')}`] : [];
  return { ...plan, notes: [...(place.shipped ? [SHIPPED] : []), ...notes, ...plan.notes] };
}

/**
 * The run gets its configuration with all interpolations followed, so they have to lead somewhere; but what only its
 * own code resolves, and what is known at its start. Throws HydraError
 */
function checkResolves(config: ConfiguredJob['config']): void {
  const error = config
    .unfollowed()
    .find(
      ({ type }) => type !== 'UnsupportedInterpolationType' && type !== 'InterpolationToMissingValueError',
    );
  if (error !== undefined) throw error;
}

/** The keys of every `???`. */
function missingIn(value: Value, key = ''): string[] {
  if (value === '???') return [key];
  const below = isList(value) ? value.entries() : value instanceof Dict ? value : [];
  return [...below].flatMap(([name, item]) => missingIn(item, key === '' ? `${name}` : `${key}.${name}`));
}

/** As Hydra would call the job: the script that the command runs. */
export function jobNameIn(
  tree: ConfigTree,
  place: OpenPlace,
  overrides: readonly string[],
  options: Omit<ExpansionOptions, 'jobName'>,
): string {
  const { jobName } = place;
  const command = commandBefore(() => {
    const expansion = expand(tree, place, overrides, { ...options, jobName });
    return expansion.kind === 'single' ? expansion.composed : expansion.sweep.config(0);
  });
  return command === null ? jobName : nameOf(command);
}

/** What is wrong with a configuration is said later, by who needs it. */
function commandBefore(config: () => Pick<Composed, 'select'>): string[] | null {
  try {
    return commandIn(config());
  } catch (error) {
    if (error instanceof HydraError) return null;
    throw error;
  }
}

function nothingToRun(place: OpenPlace): never {
  if (place.shipped) throw noConfiguration();
  throw new ClientError(
    'config_invalid',
    'the configuration does not say what to run',
    'write expd: {command: [python, train.py]} into it, or submit -- python train.py',
  );
}
