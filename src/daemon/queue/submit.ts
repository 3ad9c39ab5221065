import type { Submission } from '../run/submission.js';
import type { Scene } from './apply.js';
import type { NewRun, Result } from './commands.js';
import { differences } from './keyed.js';
import { noSuchRun, Refusal } from './refusal.js';

/** A new run, or the one that already has this key. */
export function submit(scene: Scene, run: NewRun): Result {
  const { tables, touched, now } = scene;
  const known = run.key === null ? null : tables.runs.idByKey(run.key);
  if (known !== null) return sameAgain(scene, known, run);
  if (tables.groups.find(run.group) === null)
    throw new Refusal(
      'unknown_group',
      `there is no group ${run.group}`,
      `expctl groups set ${run.group} --limit N makes it`,
    );
  for (const { on } of run.after) if (tables.runs.find(on) === null) throw noSuchRun(on);

  const { ulid, name, priority, group, beginAt, key, note, retries, codeUntil, submission, held } = run;
  const why = held ? { code: 'user' as const, text: 'held at submission' } : null;
  const id = tables.runs.insert({
    ulid,
    name,
    priority,
    group,
    beginAt,
    key,
    note,
    retries,
    codeUntil,
    state: held ? 'held' : 'queued',
    hold: why === null ? null : JSON.stringify(why),
    killOnFailedDependency: run.killOnFailedDependency ? 1 : 0,
    project: submission.project,
    submittedAt: now,
  });
  // An id is never given twice, so this name is new.
  tables.runs.nameExperiment(id, `${name}-${id}`);
  tables.submissions.insert(id, submission, key === null ? null : JSON.stringify(keyedOn(run)));
  for (const tag of run.tags) tables.runs.tag(id, tag);
  for (const dependency of run.after) tables.dependencies.add(id, dependency);
  const state = held ? 'held' : 'queued';
  tables.events.append({ at: now, runId: id, kind: 'submitted', state, attempt: 0, reason: why });
  touched.changed.add(id);
  return { ok: true, runId: id };
}

function sameAgain({ tables }: Scene, runId: number, run: NewRun): Result {
  const first = tables.submissions.keyed(runId);
  const differ = first === null ? [] : differences(JSON.parse(first), keyedOn(run));
  if (differ.length === 0) return { ok: true, runId, existing: true };
  throw new Refusal(
    'key_conflict',
    `key ${run.key} belongs to run ${runId}, which was submitted with another ${differ.join(', ')}`,
    `choose another key, or expctl rm ${runId} first`,
  );
}

/** What was asked for. Environment, code state and the shell's limits belong to the moment; `--begin` may be relative. */
function keyedOn(run: NewRun) {
  const { envSha: _, umask: __, nice: ___, rlimits: ____, ...submission }: Submission = run.submission;
  const { name, tags, note, priority, group, after, killOnFailedDependency, retries, held } = run;
  return {
    ...submission,
    ...Object.fromEntries((run.unasked ?? []).map((field) => [field, null])),
    name,
    tags: [...tags].sort(),
    note,
    priority,
    group,
    after,
    killOnFailedDependency,
    retries,
    held,
  };
}
