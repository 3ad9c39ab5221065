import { randomInt } from 'node:crypto';
import { normalize } from 'node:path';
import {
  type Submission as Asked,
  DependencyKind,
  type Dependency as DependencyView,
  ExistingExperiment,
} from '../../gen/expd/v1/runs.js';
import { nameOf } from '../../program/name.js';
import { placeNamed } from '../checkpoints/places.js';
import { UserError } from '../errors.js';
import type { NewRun } from '../queue/commands.js';
import { keyedOn, type Unasked } from '../queue/keyed.js';
import type { Dependency, Submission } from '../run/submission.js';
import { specOf } from '../store/spec.js';
import { checkpointWishes } from './checkpoint-wishes.js';
import {
  checkedArgv,
  checkedBegin,
  checkedExits,
  checkedExperiment,
  checkedGrace,
  checkedGroup,
  checkedKey,
  checkedName,
  checkedNote,
  checkedOverrides,
  checkedPath,
  checkedPriority,
  checkedRetries,
  checkedTags,
  checkedTimeLimit,
  shown,
  within,
} from './limits.js';
import { type Lookup, selectJobs } from './select.js';
import { ulid } from './ulid.js';

/** What a submission leaves to the daemon. */
export interface Defaults {
  layout: string;
  graceMs: number;
  /** Names that `layout` may have. */
  layouts: ReadonlySet<string>;
  /** Jobs that a sweep may have. */
  sweepLimit: number;
}

/** How long a start waits for the code state that the client promised. */
export const CODE_MS = 2000;
/** numpy takes 32 bits; the number of a job is added to it. */
const LARGEST_DRAWN_SEED = 2 ** 31;
export const drawnSeed = (): number => randomInt(LARGEST_DRAWN_SEED);
const DEFAULT_UMASK = 0o022;
/** signal(7); a warning that ends the run by itself would be a stop. */
const WARNINGS = ['HUP', 'INT', 'QUIT', 'USR1', 'USR2', 'TERM', 'WINCH', 'CONT', 'ALRM', 'URG', 'PWR'];
/** getrlimit(2) */
const RLIMITS =
  'AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK'.split(
    ' ',
  );

/** A submission that is checked, but for its environment, configuration and code, which are to be stored first. */
export interface Draft {
  labels: Omit<NewRun, 'spec' | 'project' | 'existingExperiment' | 'keyed'>;
  submission: Submission;
  unasked: Unasked;
}

/** As the queue takes it. `keyed`: it has a key, or its sweep has. */
export const sealed = ({ labels, submission, unasked }: Draft, keyed: boolean): NewRun => ({
  ...labels,
  spec: specOf(submission),
  project: submission.project,
  existingExperiment: submission.existingExperiment,
  keyed: keyed ? keyedOn(labels, submission, unasked) : null,
});

/** `seed`: where none was asked for. Throws UserError. */
export function draftOf(
  asked: Asked,
  lookup: Lookup,
  defaults: Defaults,
  now: number,
  seed: number = drawnSeed(),
): Draft {
  const submission = toSubmission(asked, defaults, seed);
  const labels: Draft['labels'] = {
    ulid: ulid(now),
    name: asked.name === '' ? nameOf(asked.argv) : checkedName(asked.name),
    tags: checkedTags(asked.tags),
    note: checkedNote(asked.note),
    priority: checkedPriority(asked.priority),
    group: asked.group === '' ? 'default' : checkedGroup(asked.group),
    after: dependencies(asked.after, lookup),
    killOnFailedDependency: asked.killOnFailedDependency,
    beginAt: checkedBegin(asked.beginAtMs),
    retries: checkedRetries(asked.retries),
    key: asked.key === '' ? null : checkedKey(asked.key),
    held: asked.hold,
    code: null,
    codeUntil: asked.codeFollows ? now + CODE_MS : null,
    experimentId: checkedExperiment(asked.experimentId),
    overrides: checkedOverrides(asked.configuration?.overrides ?? []),
    checkpointPlace: placeNamed(submission),
  };
  return { labels, submission, unasked: unasked(asked) };
}

function toSubmission(asked: Asked, defaults: Defaults, seed: number): Submission {
  const argv = checkedArgv(asked.argv);
  const cwd = checkedPath(asked.cwd, 'working directory');
  const checkpoints = checkpointWishes(asked, cwd);
  return {
    argv,
    cwd,
    // In one spelling: what lies in it has one writer.
    project: normalize(asked.project === '' ? cwd : checkedPath(asked.project, 'project')).replace(
      /(?<=.)\/$/,
      '',
    ),
    envSha: '',
    timeLimitMs: checkedTimeLimit(asked.timeLimitMs),
    graceMs: asked.graceMs === undefined ? defaults.graceMs : checkedGrace(asked.graceMs),
    warn: warning(asked),
    requeueExits: checkedExits(asked.requeueExits),
    seed: asked.seed ?? seed,
    resumeArg: asked.resumeArg === '' ? null : checkedArgv([asked.resumeArg])[0]!,
    template: asked.template,
    split: asked.split,
    layout: layout(asked.layout, defaults),
    topLevel: !asked.noTopLevel,
    umask: within('the umask', asked.umask ?? DEFAULT_UMASK, 0, 0o777),
    nice: within('nice', asked.nice, -20, 19),
    rlimits: asked.rlimits.map(rlimit),
    configuration: null,
    existingExperiment: existingExperiment(asked),
    ...(checkpoints !== undefined && { checkpoints }),
    ...(asked.noWandb && { noWandb: true as const }),
  };
}

function existingExperiment({ existingExperiment: existing }: Asked): Submission['existingExperiment'] {
  switch (existing) {
    case ExistingExperiment.EXISTING_EXPERIMENT_CONTINUE:
      return 'continue';
    case ExistingExperiment.EXISTING_EXPERIMENT_REPLACE:
      return 'replace';
    default:
      return null;
  }
}

const unasked = ({ seed, graceMs, layout }: Asked): Unasked => [
  ...(seed === undefined ? (['seed'] as const) : []),
  ...(graceMs === undefined ? (['graceMs'] as const) : []),
  ...(layout === '' ? (['layout'] as const) : []),
];

/** Of one run: all are looked at before it starts. */
const MOST_DEPENDENCIES = 10_000;

/** `after` of a submission or an edit: runs by selectors, each one run, or the jobs of a sweep. */
export function dependencies(asked: readonly DependencyView[], lookup: Lookup): Dependency[] {
  const all = asked.flatMap(({ run, kind }) =>
    selectJobs(run, lookup).map(
      (on): Dependency => ({
        on,
        kind: kind === DependencyKind.DEPENDENCY_KIND_AFTER_ANY ? 'afterany' : 'afterok',
      }),
    ),
  );
  if (all.length > MOST_DEPENDENCIES)
    throw usage(`it waits for ${all.length} runs, at most ${MOST_DEPENDENCIES} go`);
  return all;
}

function layout(name: string, defaults: Defaults): string {
  if (name === '') return defaults.layout;
  if (defaults.layouts.has(name)) return name;
  throw usage(`there is no layout ${shown(name)}`, `there are ${[...defaults.layouts].sort().join(', ')}`);
}

function warning({ warnSignal }: Asked): Submission['warn'] {
  if (warnSignal === undefined) return null;
  const { signal, leadMs } = warnSignal;
  if (!WARNINGS.includes(signal)) throw usage(`${shown(signal)} is no warning signal`, WARNINGS.join(' '));
  return { signal, leadMs: within('the lead of the warning signal in milliseconds', leadMs, 1, 86_400_000) };
}

export function rlimit({ name, soft, hard }: Asked['rlimits'][number]): Submission['rlimits'][number] {
  if (!RLIMITS.includes(name)) throw usage(`${shown(name)} is no resource limit`, RLIMITS.join(' '));
  for (const value of [soft, hard]) within(`the limit ${name}`, value, -1, Number.MAX_SAFE_INTEGER);
  if (hard !== -1 && (soft === -1 || soft > hard))
    throw usage(`the limit ${name}: soft ${soft} is above hard ${hard}`);
  return { name, soft, hard };
}

const usage = (message: string, hint = ''): UserError => new UserError('usage', message, hint);
