import { resolve } from 'node:path';
import { projectOf } from '../../code/project.js';
import { ExistingExperiment, type Submission } from '../../gen/expd/v1/runs.js';
import { ClientError } from '../errors.js';
import { dependencies } from './dependencies.js';
import { directory } from './directory.js';
import type { RunValues } from './flags.js';
import type { ShellLimits } from './limits.js';
import { pairs } from './pairs.js';

/** The shell that submits. */
export interface Shell extends Pick<ShellLimits, 'umask' | 'nice'> {
  cwd: string;
  /** The project of a directory. */
  projectOf(directory: string): string;
}

/** Projects are looked for once: a thousand lines mostly have one. */
export function shellIn(cwd: string, { umask, nice }: ShellLimits): Shell {
  const projects = new Map<string, string>();
  return {
    ...{ cwd, umask, nice },
    projectOf(directory) {
      const project = projects.get(directory) ?? projectOf(directory);
      projects.set(directory, project);
      return project;
    },
  };
}

/** One run as the daemon takes it. @throws ClientError for a directory that is none, and the like */
export function submission(
  argv: readonly string[],
  values: RunValues,
  { cwd, umask, nice, projectOf }: Shell,
): Submission {
  const where = values.cwd === undefined ? cwd : directory(values.cwd, cwd);
  return {
    argv: [...argv],
    cwd: where,
    project: values.project === undefined ? projectOf(where) : directory(values.project, cwd),
    name: values.name ?? '',
    tags: [...values.tag],
    note: values.note ?? '',
    envSet: pairs(values.env),
    envDrop: [...values['env-drop']],
    priority: values.priority ?? 0,
    group: values.group ?? '',
    after: dependencies(values.after),
    killOnFailedDependency: values['kill-on-failed-dep'],
    beginAtMs: values.begin ?? 0,
    timeLimitMs: values.time ?? 0,
    retries: values.retries ?? 0,
    requeueExits: [...values['requeue-exit']],
    seed: values.seed,
    key: values.key ?? '',
    hold: values.hold,
    graceMs: values.grace,
    warnSignal: values['warn-signal'],
    resumeArg: values['resume-arg'] ?? '',
    template: values.template,
    split: values.split,
    layout: values.layout ?? '',
    noTopLevel: values['no-top-level'],
    umask,
    nice,
    rlimits: [], // they stand in the header
    codeFollows: true,
    configuration: undefined,
    experimentId: values['experiment-id'] ?? '',
    existingExperiment: existingExperiment(values),
    checkpoints: values.checkpoints ?? '',
    metric: values.metric ?? '',
    // A run's name has no slash; what has one is a path of this shell.
    from: values.from?.includes('/') ? resolve(cwd, values.from) : (values.from ?? ''),
    noWandb: values['no-wandb'],
  };
}

function existingExperiment(values: RunValues): ExistingExperiment {
  if (values.continue && values.replace)
    throw new ClientError('usage', '--continue and --replace exclude each other');
  if ((values.continue || values.replace) && values['experiment-id'] === undefined)
    throw new ClientError(
      'usage',
      `--${values.continue ? 'continue' : 'replace'} says what becomes of an experiment id that is chosen`,
      'write --experiment-id ID',
    );
  if (values.continue) return ExistingExperiment.EXISTING_EXPERIMENT_CONTINUE;
  if (values.replace) return ExistingExperiment.EXISTING_EXPERIMENT_REPLACE;
  return ExistingExperiment.EXISTING_EXPERIMENT_UNSPECIFIED;
}

/** Where a command's words are looked up. */
export const workingDirectory = (values: { cwd?: string | undefined }, cwd: string): string =>
  resolve(cwd, values.cwd ?? '.');
