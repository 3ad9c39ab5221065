import { toldFact } from '../store/notifications.js';
import type { StoredRun } from '../store/stored.js';
import { advance } from './advance.js';
import { pinCheckpoint, sawCheckpoints } from './checkpoints.js';
import type { Command, Result } from './commands.js';
import { edit } from './edit.js';
import { noSuchRun, Refusal } from './refusal.js';
import { submit } from './submit.js';
import { submitSweep } from './submit-sweep.js';
import type { Tables } from './tables.js';

/** What a command is applied with, and where it notes what it touched. */
export interface Scene {
  tables: Tables;
  /** Unix ms. */
  now: number;
  notify: boolean;
  touched: Touched;
}

/** What a transaction changed, for those who wait for commits. */
export interface Touched {
  changed: Set<number>;
  removed: Set<number>;
  /** Sweeps of which a job, or a rule, was changed. */
  sweeps: Set<number>;
  notifications: boolean;
  settings: boolean;
}

export const nothingTouched = (): Touched => ({
  changed: new Set(),
  removed: new Set(),
  sweeps: new Set(),
  notifications: false,
  settings: false,
});

/** One command inside the transaction. Throws Refusal, IllegalTransition, SQLite's errors, and bugs. */
export function apply(scene: Scene, command: Command): Result {
  switch (command.do) {
    case 'submit':
      return submit(scene, command.run);
    case 'submitSweep':
      return submitSweep(scene, command.sweep, command.jobs);
    case 'editSweep':
      return editSweep(scene, command);
    case 'transition':
      return advance(scene, command);
    case 'edit':
      return edit(scene, command);
    case 'remove':
      return remove(scene, command.runId);
    case 'recordCode':
      return recordCode(scene, command);
    case 'recordProgress':
      return recordProgress(scene, command);
    case 'sawCheckpoints':
      return sawCheckpoints(scene, command);
    case 'pinCheckpoint':
      return pinCheckpoint(scene, command);
    case 'setGroup':
      scene.tables.groups.put(command.name, command.limit);
      return setting(scene);
    case 'removeGroup':
      return removeGroup(scene, command.name);
    case 'setFact':
      scene.tables.facts.put(command.name, command.value);
      return setting(scene);
    case 'told':
      scene.tables.facts.put(toldFact(command.target), String(command.upTo));
      return { ok: true, runId: null };
    case 'forgetNotifications':
      scene.tables.notifications.forget(command.upTo);
      return { ok: true, runId: null };
    case 'answer':
      return command.result;
  }
  command satisfies never;
}

/** Refuses unless the run exists. */
export function existing({ tables }: Scene, runId: number): StoredRun {
  const run = tables.runs.find(runId);
  if (run === null) throw noSuchRun(runId);
  return run;
}

/** The run is gone, its events stay; what still waits for it would wait for ever. */
function remove(scene: Scene, runId: number): Result {
  const { tables, touched, now } = scene;
  const run = existing(scene, runId);
  if (!('endedAt' in run))
    throw new Refusal('wrong_state', `run ${runId} is ${run.state}`, `expctl cancel ${runId} ends it first`);
  const waiting = tables.dependencies.waitingFor(runId);
  if (waiting !== null)
    throw new Refusal(
      'has_dependants',
      `run ${waiting} waits for run ${runId}`,
      `expctl rm ${runId} works once run ${waiting} is over`,
    );
  tables.dependencies.release(runId);
  tables.runs.remove(runId);
  if (run.job !== null) touched.sweeps.add(run.job.sweep);
  tables.events.append({
    at: now,
    runId,
    kind: 'removed',
    state: run.state,
    attempt: run.attempt,
    reason: null,
  });
  touched.changed.delete(runId);
  touched.removed.add(runId);
  return { ok: true, runId };
}

function editSweep(scene: Scene, { sweepId, changes }: Extract<Command, { do: 'editSweep' }>): Result {
  const { sweeps } = scene.tables;
  const sweep = sweeps.find(sweepId);
  if (sweep === null)
    throw new Refusal('not_found', `there is no sweep s${sweepId}`, 'expctl ls -a lists all');
  sweeps.edit(sweepId, { ...sweep, ...changes });
  scene.touched.sweeps.add(sweepId);
  return setting(scene);
}

function recordCode(scene: Scene, { runId, code }: Extract<Command, { do: 'recordCode' }>): Result {
  if (!scene.tables.runs.codeKnown(runId)) throw noSuchRun(runId);
  scene.tables.submissions.recordCode(runId, code);
  scene.touched.changed.add(runId);
  return { ok: true, runId };
}

/** Nobody waits for it: it is told live by whoever has it. */
function recordProgress(
  { tables }: Scene,
  { progress, standings, anew }: Extract<Command, { do: 'recordProgress' }>,
): Result {
  const { runId } = progress;
  // It may have been removed meanwhile.
  if (tables.runs.find(runId) === null) throw noSuchRun(runId);
  if (anew) tables.metrics.clear(runId);
  tables.metrics.putProgress(progress);
  for (const standing of standings) tables.metrics.put(runId, standing);
  return { ok: true, runId };
}

function removeGroup(scene: Scene, name: string): Result {
  const { groups, runs } = scene.tables;
  if (groups.find(name) === null)
    throw new Refusal('unknown_group', `there is no group ${name}`, 'expctl groups lists them');
  if (name === 'default') throw new Refusal('group_in_use', 'the group default always stands', '');
  const user = runs.unfinishedInGroup(name);
  if (user !== null)
    throw new Refusal(
      'group_in_use',
      `run ${user} is in group ${name}`,
      `expctl edit ${user} --group default moves it`,
    );
  groups.remove(name);
  return setting(scene);
}

function setting({ touched }: Scene): Result {
  touched.settings = true;
  return { ok: true, runId: null };
}
