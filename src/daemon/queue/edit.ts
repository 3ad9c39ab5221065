import { isFinal } from '../run/run.js';
import type { Dependency } from '../run/submission.js';
import type { StoredRun } from '../store/stored.js';
import { existing, type Scene } from './apply.js';
import type { Command, Result, RunChanges } from './commands.js';
import { noSuchRun, Refusal } from './refusal.js';

/** Labels always; what concerns starts until the end; the submission before the first attempt. */
export function edit(scene: Scene, { runId, changes }: Extract<Command, { do: 'edit' }>): Result {
  const { tables, touched, now } = scene;
  const run = existing(scene, runId);
  allowed(scene, run, changes);
  if (changes.after !== undefined) mayWaitFor(scene, runId, changes.after);
  if (changes.submission !== undefined) replaceSubmission(scene, runId, changes.submission);
  if (changes.after !== undefined) replaceDependencies(scene, runId, changes.after);
  for (const tag of changes.addTags ?? []) tables.runs.tag(runId, tag);
  for (const tag of changes.removeTags ?? []) tables.runs.untag(runId, tag);
  tables.runs.relabel(runId, {
    name: changes.name ?? run.name,
    priority: changes.priority ?? run.priority,
    group: changes.group ?? run.group,
    note: changes.note ?? run.note,
    retries: changes.retries ?? run.retries,
    beginAt: changes.beginAt === undefined ? run.beginAt : changes.beginAt,
    codeUntil: run.codeUntil,
  });
  const { state, attempt } = run;
  const reason = { code: 'edited', text: inWords(changes) };
  tables.events.append({ at: now, runId, kind: 'edited', state, attempt, reason });
  touched.changed.add(runId);
  return { ok: true, runId };
}

const LABELS: readonly (keyof RunChanges)[] = ['note', 'addTags', 'removeTags'];

function allowed({ tables }: Scene, run: StoredRun, changes: RunChanges): void {
  const over = named(changes).filter((name) => !LABELS.includes(name));
  if (isFinal(run.state) && over.length > 0)
    throw new Refusal(
      'wrong_state',
      `run ${run.id} is over: only tags and note can be edited`,
      `expctl rerun ${run.id} makes a new one`,
    );
  if (run.attempt > 0 && changes.submission !== undefined)
    throw new Refusal(
      'already_started',
      `run ${run.id} has been started: command, environment, directory and time can no longer be edited`,
      `expctl rerun ${run.id} makes a new one`,
    );
  if (changes.group !== undefined && tables.groups.find(changes.group) === null)
    throw new Refusal(
      'unknown_group',
      `there is no group ${changes.group}`,
      `expctl groups set ${changes.group} --limit N makes it`,
    );
}

function mayWaitFor({ tables }: Scene, runId: number, after: readonly Dependency[]): void {
  for (const { on } of after) if (tables.runs.find(on) === null) throw noSuchRun(on);
  const on = after.map((dependency) => dependency.on);
  if (tables.dependencies.reaches(on, runId))
    throw new Refusal(
      'dependency_cycle',
      `run ${runId} would wait for itself`,
      `expctl explain ${runId} shows what waits for what`,
    );
}

function replaceDependencies({ tables }: Scene, runId: number, after: readonly Dependency[]): void {
  tables.dependencies.clear(runId);
  for (const dependency of after) tables.dependencies.add(runId, dependency);
}

function replaceSubmission(
  { tables }: Scene,
  runId: number,
  changes: NonNullable<RunChanges['submission']>,
): void {
  const stored = tables.submissions.find(runId);
  if (!stored.ok)
    throw new Refusal('wrong_state', `the submission of run ${runId} is ${stored.why}`, 'submit it again');
  tables.submissions.replace(runId, { ...stored.submission, ...changes });
}

const named = (changes: RunChanges): (keyof RunChanges)[] =>
  NAMES.filter((name) => changes[name] !== undefined);

const NAMES: readonly (keyof RunChanges)[] = [
  'name',
  'priority',
  'group',
  'note',
  'retries',
  'beginAt',
  'after',
  'addTags',
  'removeTags',
  'submission',
];

/** `name, tags, command`: what was changed, as its flags are called. */
function inWords({ submission = {}, ...labels }: RunChanges): string {
  const words = [...named(labels), ...Object.keys(submission)].map((name) => WORDS[name] ?? name);
  return [...new Set(words)].join(', ');
}

const WORDS: Readonly<Record<string, string>> = {
  beginAt: 'begin',
  addTags: 'tags',
  removeTags: 'tags',
  argv: 'command',
  cwd: 'directory',
  timeLimitMs: 'time limit',
  envSha: 'environment',
};
