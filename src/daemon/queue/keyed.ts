import { createHash } from 'node:crypto';
import type { Configuration, Submission } from '../run/submission.js';
import type { NewRun, NewSweep } from './commands.js';

/** What the daemon chose, as nobody asked for it: a repeat with the same key may find other defaults. */
export type Unasked = readonly ('seed' | 'graceMs' | 'layout')[];

/** What was asked for: environment, code state and the shell's limits belong to the moment; `--begin` may be relative. */
export function keyedOn(run: Labels, submission: Submission, unasked: Unasked): string {
  const {
    envSha: _,
    umask: __,
    nice: ___,
    rlimits: ____,
    existingExperiment: _____,
    configuration,
    ...asked
  } = submission;
  const { name, tags, note, priority, group, after, killOnFailedDependency, retries, held } = run;
  const { experimentId, overrides } = run;
  return JSON.stringify({
    ...asked,
    ...Object.fromEntries(unasked.map((field) => [field, null])),
    configuration: configuration === null ? null : digest(configuration),
    overrides: overrides.length === 0 ? null : overrides,
    ...{ name, note, priority, group, after, killOnFailedDependency, retries, held, experimentId },
    tags: [...tags].sort(),
  });
}

type Labels = Pick<
  NewRun,
  | 'name'
  | 'tags'
  | 'note'
  | 'priority'
  | 'group'
  | 'after'
  | 'killOnFailedDependency'
  | 'retries'
  | 'held'
  | 'experimentId'
  | 'overrides'
>;

/** The same of a sweep, beside its jobs. */
export const sweepKeyedOn = (sweep: NewSweep): string => {
  const { name, project, maxParallel, holdAfterFailures, ownDir, experimentId } = sweep;
  return JSON.stringify({ name, project, maxParallel, holdAfterFailures, ownDir, experimentId });
};

/** What was composed, not the files that it was composed from: a comment in one changes nothing. */
function digest({ kind, overrides, hydraOverrides, composed }: Configuration): string {
  const { hydraSha: _, treeSha: __, ...values } = composed ?? { hydraSha: '', treeSha: '' };
  return createHash('sha256')
    .update(JSON.stringify([kind, overrides, hydraOverrides, composed && values]))
    .digest('hex');
}

/** How a user calls what differs, where the field's name is not the option's. */
const NAMES: Readonly<Record<string, string>> = {
  argv: 'command',
  cwd: 'working directory',
  timeLimitMs: 'time limit',
  graceMs: 'grace',
  warn: 'warning signal',
  requeueExits: 'requeue exit',
  resumeArg: 'resume argument',
  topLevel: 'top level setting',
  killOnFailedDependency: 'kill-on-failed-dep',
  held: 'hold',
  experimentId: 'experiment id',
  maxParallel: 'max-parallel',
  holdAfterFailures: 'hold-after-failures',
  ownDir: 'directory',
};

/** Names of the fields in which two submissions differ, both as JSON. */
export function differences(first: string, second: string): string[] {
  if (first === second) return [];
  const [one, other]: Readonly<Record<string, unknown>>[] = [JSON.parse(first), JSON.parse(second)];
  return [...new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})])]
    .filter((field) => canonical(one?.[field]) !== canonical(other?.[field]))
    .map((field) => NAMES[field] ?? field);
}

/** Equal for equal JSON, whatever the order of its keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
