import type { ConfiguredJob } from '../../composition/configure.js';
import { expand, firstOf } from '../../composition/expansion.js';
import { encodedTree, storedTree } from '../../composition/files.js';
import type { Place } from '../../composition/place.js';
import { ConfigurationKind } from '../../gen/expd/v1/runs.js';
import type { ConfigTree } from '../../hydra/hydra.js';
import { type HydraFlags, readFlags } from '../../program/flags.js';
import type { HydraProgram } from '../../program/recognise.js';
import { ClientError } from '../errors.js';
import { applicationPlace } from './application-place.js';
import { runWords } from './expd-node.js';
import { type Application, jobCommand } from './job-command.js';
import { composing } from './open.js';
import { type Plan, type PlanOptions, plainPlan } from './plan.js';
import { planOf, refuseForeign } from './planned.js';
import { planUnchecked, whyUnchecked } from './unchecked.js';

/**
 * Plans a Hydra application: its overrides are checked against its configuration now, and a sweep becomes runs of one
 * job each. What its Python alone knows stays unchecked, and is said. `program`: null where no source was found.
 * @throws ClientError
 */
export async function planApplication(
  application: Application,
  program: HydraProgram | null,
  open: (place: Place) => Promise<ConfigTree>,
  options: PlanOptions,
): Promise<Plan> {
  const { argv, argsAt, cwd } = application;
  const read = readFlags(argv.slice(argsAt));
  if (read.kind === 'refused') throw new ClientError('usage', `Hydra would refuse the command: ${read.why}`);
  // It answers a question and ends: nothing is composed for a run.
  if (read.kind === 'version' || asks(read.flags)) return plainPlan(argv);
  const { flags } = read;
  const asked = { ...options, multirun: options.multirun || flags.multirun };
  const place = program === null ? NOT_FOUND : applicationPlace(program, flags, cwd);
  if ('why' in place) return planUnchecked(application, flags, asked, place.why);
  try {
    return planChecked(await open(place), application, place, flags, asked);
  } catch (error) {
    const why = program === null ? null : whyUnchecked(error, program, place);
    if (why === null) throw error;
    return planUnchecked(application, flags, asked, why);
  }
}

const NOT_FOUND = { why: 'its source was not found' };

function planChecked(
  tree: ConfigTree,
  application: Application,
  place: Place,
  flags: HydraFlags,
  options: PlanOptions,
): Plan {
  const { jobName } = place;
  const expansion = composing(() => expand(tree, place, flags.overrides, { ...options, jobName }));
  refuseForeign(expansion, 'submit --whole runs the application as one run, which does that by itself');
  const first = firstOf(expansion);
  // The mode is the run's to say; the rest of Hydra's own overrides is for each job.
  const hydra = first.overrides.hydra.filter((word) => !/^[+~]*hydra\.mode=/.test(word));
  const origin = {
    place,
    jobName,
    kind: ConfigurationKind.CONFIGURATION_KIND_APPLICATION,
    programWords: application.argsAt,
    pinned: options.pinned,
    patches: true,
    tree: () => encodedTree(storedTree(tree, first.composition.sources)),
  };
  const finish = ({ configuration, config }: ConfiguredJob) => ({
    argv:
      expansion.kind === 'single'
        ? [...application.argv]
        : jobCommand(application, flags, [...hydra, ...configuration.overrides]),
    words: runWords(config),
  });
  return planOf(expansion, origin, finish, options);
}

const asks = (flags: HydraFlags): boolean =>
  flags.help || flags.hydraHelp || flags.shellCompletion || flags.cfg !== null || flags.info !== null;
