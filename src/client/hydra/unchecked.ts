import { axesInWords } from '../../composition/configure.js';
import type { Place } from '../../composition/place.js';
import { type Configuration, ConfigurationKind } from '../../gen/expd/v1/runs.js';
import { HydraError, sweepOverrides } from '../../hydra/hydra.js';
import type { HydraFlags } from '../../program/flags.js';
import type { HydraProgram } from '../../program/recognise.js';
import { registersConfigurations } from '../../program/registers.js';
import { ClientError } from '../errors.js';
import { type Application, jobCommand } from './job-command.js';
import { composing } from './open.js';
import { type Job, type Plan, type PlanOptions, uncomposed } from './plan.js';

// Hydra applications whose configuration Python alone can compose.

/** Why an error of composing says nothing of the application; null: it does say something. */
export function whyUnchecked(error: unknown, program: HydraProgram, place: Place): string | null {
  const cause = error instanceof ClientError ? error.cause : error;
  if (!(cause instanceof HydraError) || cause.type === 'LimitError') return null;
  if (cause.type === 'UnsupportedInterpolationType') return `${cause.message}, which its code may know`;
  const inCode = place.directory === null && place.config !== null;
  if (inCode || registersConfigurations(program)) return 'its code registers configurations (ConfigStore)';
  return null;
}

/** One run, or a sweep expanded by its overrides alone. @throws ClientError */
export function planUnchecked(
  application: Application,
  flags: HydraFlags,
  options: PlanOptions,
  why: string,
): Plan {
  if (options.pinned)
    throw new ClientError('usage', `--pin-config: ${why}`, 'only files can be kept; leave it out');
  const notes = [`overrides not checked: ${why}`];
  const configuration = (overrides: string[]): Configuration =>
    uncomposed(ConfigurationKind.CONFIGURATION_KIND_APPLICATION, overrides, application.argsAt);
  if (!options.multirun) {
    const argv = [...application.argv];
    const { overrides } = flags;
    const job: Job = { argv, overrides, words: new Map(), configuration: configuration(overrides) };
    return { jobs: [job], sweep: null, blobs: [], notes };
  }
  const sweep = composing(() => sweepOverrides(flags.overrides, options.limit));
  const hydra = flags.overrides.filter((word) => /^[+~]*hydra[./]/.test(word));
  const jobs = Array.from({ length: sweep.jobs }, (_, number): Job => {
    const overrides = sweep.overrides(number);
    return {
      argv: jobCommand(application, flags, [...hydra, ...overrides]),
      overrides,
      words: new Map(),
      configuration: configuration(overrides),
    };
  });
  const axes = axesInWords(sweep);
  return { jobs, sweep: { axes, multirunYaml: '', dir: '', words: new Map() }, blobs: [], notes };
}
