import { defaultExperiment } from '../run/experiment.js';
import type { HoldReason } from '../run/run.js';
import type { Job } from '../run/sweep.js';
import type { Scene } from './apply.js';
import type { NewRun, Result } from './commands.js';
import { differences } from './keyed.js';
import { noSuchRun, Refusal } from './refusal.js';

/** A new run, or the one that already has this key. */
export function submit(scene: Scene, run: NewRun): Result {
  const { tables } = scene;
  if (run.key !== null) {
    const known = tables.runs.idByKey(run.key);
    if (known !== null) return sameAgain(scene, known, run);
    refuseKeyOfSweep(scene, run.key);
  }
  refuseImpossible(scene, run, run.experimentId);
  const id = tables.runs.nextId();
  const chosen = run.experimentId !== null;
  addRun(scene, run, {
    id,
    job: null,
    // An id is never given twice, so this name is new.
    experimentId: run.experimentId ?? defaultExperiment(run.name, id),
    chosen,
    why: run.held ? HELD_AT_SUBMISSION : null,
  });
  return { ok: true, runId: id };
}

export const HELD_AT_SUBMISSION: HoldReason = { code: 'user', text: 'held at submission' };

/** What is decided only when a run is stored. */
export interface Placed {
  /** The next one. */
  id: number;
  job: Job | null;
  experimentId: string;
  /** The experiment id was asked for. */
  chosen: boolean;
  /** Why it is held from the beginning; null: it is queued. */
  why: HoldReason | null;
}

export function addRun({ tables, touched, now }: Scene, run: NewRun, placed: Placed): void {
  const { ulid, name, priority, group, beginAt, key, note, retries, codeUntil, project, overrides } = run;
  const { killOnFailedDependency, spec, keyed, code } = run;
  const { id, job, experimentId, chosen, why } = placed;
  const state = why === null ? 'queued' : 'held';
  tables.runs.insert({
    ...{ id, ulid, name, priority, group, beginAt, key, note, retries, codeUntil, project, overrides, job },
    ...{ experimentId, experimentChosen: chosen, killOnFailedDependency, state, hold: why },
    submittedAt: now,
    checkpointPlace: run.checkpointPlace ?? null,
    resume: run.resume ?? { from: 'newest' },
  });
  tables.submissions.insert(id, spec, keyed, code);
  for (const tag of run.tags) tables.runs.tag(id, tag);
  for (const dependency of run.after) tables.dependencies.add(id, dependency);
  tables.events.append({ at: now, runId: id, kind: 'submitted', state, attempt: 0, reason: why });
  touched.changed.add(id);
}

/** Before anything is written. `experimentId`: the chosen one, or null. */
export function refuseImpossible({ tables }: Scene, run: NewRun, experimentId: string | null): void {
  if (tables.groups.find(run.group) === null)
    throw new Refusal(
      'unknown_group',
      `there is no group ${run.group}`,
      `expctl groups set ${run.group} --limit N makes it`,
    );
  for (const { on } of run.after) if (tables.runs.find(on) === null) throw noSuchRun(on);
  const { project, existingExperiment } = run;
  if (experimentId === null || existingExperiment === 'continue') return;
  const writer = tables.runs.writing(project, experimentId);
  if (writer !== null) throw experimentTaken(experimentId, writer, existingExperiment);
}

const experimentTaken = (id: string, writer: number, existing: 'replace' | null): Refusal =>
  new Refusal(
    'experiment_taken',
    `the experiment ${id} belongs to run ${writer}, which is not over`,
    existing === 'replace'
      ? `expctl cancel ${writer} ends it; --continue waits for it and goes on with its curves`
      : '--continue goes on with its curves; or choose another --experiment-id',
  );

function refuseKeyOfSweep({ tables }: Scene, key: string): void {
  const sweep = tables.sweeps.idByKey(key);
  if (sweep === null) return;
  throw new Refusal('key_conflict', `key ${key} belongs to sweep s${sweep}`, 'choose another key');
}

function sameAgain({ tables }: Scene, runId: number, run: NewRun): Result {
  const first = tables.submissions.keyed(runId);
  const differ = first === null || run.keyed === null ? [] : differences(first, run.keyed);
  if (differ.length === 0) return { ok: true, runId, existing: true };
  throw new Refusal(
    'key_conflict',
    `key ${run.key} belongs to run ${runId}, which was submitted with another ${differ.join(', ')}`,
    `choose another key, or expctl rm ${runId} first`,
  );
}
