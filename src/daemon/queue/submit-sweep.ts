import { jobExperiment, sweepExperiment } from '../run/experiment.js';
import { heldForFailures, isTripped, type Sweep } from '../run/sweep.js';
import type { Scene } from './apply.js';
import type { NewRun, NewSweep, RefusalCode, Result, SweepJob } from './commands.js';
import { sweepKeyedOn } from './keyed.js';
import { type BadJob, badJobs, Refusal } from './refusal.js';
import { sameSweep } from './same-sweep.js';
import { addRun, HELD_AT_SUBMISSION, refuseImpossible } from './submit.js';

/** A new sweep with all its jobs, or the one that already has this key, with the jobs that it lacks. */
export function submitSweep(scene: Scene, asked: NewSweep, jobs: readonly NewRun[]): Result {
  const known = asked.key === null ? null : scene.tables.sweeps.idByKey(asked.key);
  if (known !== null) return again(scene, known, asked, jobs);
  refuseKeyOfRun(scene, asked.key);
  const { sweeps, runs } = scene.tables;
  const id = sweeps.nextId();
  const sweep = {
    id,
    experimentId: asked.experimentId ?? sweepExperiment(asked.name, id),
    experimentChosen: asked.experimentId !== null,
    made: 0,
  };
  refuseBad(scene, sweep, jobs);
  const { ulid, name, key, project, maxParallel, holdAfterFailures, axes, multirunSha, ownDir } = asked;
  sweeps.insert({
    ...sweep,
    ...{ ulid, name, key, project, maxParallel, holdAfterFailures, axes, multirunSha, ownDir },
    made: jobs.length,
    keyed: key === null ? null : sweepKeyedOn(asked),
    submittedAt: scene.now,
    firstRunId: runs.nextId(),
  });
  const added = addJobs(scene, { ...sweep, held: null }, jobs);
  return { ok: true, runId: null, sweep: { id, jobs: added } };
}

/** `--key`: what is there stands; `--missing` adds what is not. */
function again(scene: Scene, id: number, asked: NewSweep, jobs: readonly NewRun[]): Result {
  const { sweeps } = scene.tables;
  const sweep = sweeps.find(id);
  if (sweep === null) throw new Error(`sweep ${id} has a key and is not there`);
  const there = sameSweep(scene, sweep, asked, jobs);
  const missing = jobs.filter((_, n) => there[n] === null);
  if (missing.length === 0)
    return { ok: true, runId: null, existing: true, sweep: { id, jobs: there.flatMap(existing) } };
  refuseBad(scene, sweep, missing);
  sweeps.grow(id, sweep.made + missing.length);
  const held = isTripped(sweep) ? heldForFailures(sweep) : null;
  const added = addJobs(scene, { ...sweep, held }, missing);
  return {
    ok: true,
    runId: null,
    sweep: { id, jobs: there.map((runId) => (runId === null ? added.shift()! : { runId, existing: true })) },
  };
}

const existing = (runId: number | null): SweepJob[] => (runId === null ? [] : [{ runId, existing: true }]);

type Base = Pick<Sweep, 'id' | 'experimentId' | 'experimentChosen' | 'made'>;

/** Numbered from `made` on. */
function addJobs(
  scene: Scene,
  sweep: Base & { held: ReturnType<typeof heldForFailures> | null },
  jobs: readonly NewRun[],
): SweepJob[] {
  const { tables, touched } = scene;
  touched.sweeps.add(sweep.id);
  let id = tables.runs.nextId();
  return jobs.map((run, n) => {
    const number = sweep.made + n;
    addRun(scene, run, {
      id,
      job: { sweep: sweep.id, number },
      experimentId: run.experimentId ?? jobExperiment(sweep.experimentId, number),
      chosen: run.experimentId !== null || sweep.experimentChosen,
      why: sweep.held ?? (run.held ? HELD_AT_SUBMISSION : null),
    });
    return { runId: id++, existing: false };
  });
}

/** All bad jobs at once: who mends one by one submits a sweep twenty times. */
function refuseBad(scene: Scene, sweep: Base, jobs: readonly NewRun[]): void {
  const bad: BadJob<RefusalCode>[] = [];
  const chosen = new Map<string, number>();
  for (const [n, run] of jobs.entries()) {
    const number = sweep.made + n;
    const ofSweep = sweep.experimentChosen ? jobExperiment(sweep.experimentId, number) : null;
    const experimentId = run.experimentId ?? ofSweep;
    try {
      refuseImpossible(scene, run, experimentId);
      const other = experimentId === null ? undefined : chosen.get(experimentId);
      if (other !== undefined) throw sharedExperiment(experimentId ?? '', other);
      if (experimentId !== null) chosen.set(experimentId, number);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message, hint } = error;
      bad.push({ number, overrides: run.overrides, code, message, hint });
    }
  }
  const [first, ...others] = bad;
  if (first === undefined) return;
  const { code, message, hint } = badJobs([first, ...others], jobs.length);
  throw new Refusal(code, message, hint);
}

const sharedExperiment = (id: string, other: number): Refusal =>
  new Refusal(
    'experiment_taken',
    `the experiment ${id} is that of job ${other}`,
    'interpolate what differs, or leave it to --experiment-id, which numbers the jobs',
  );

function refuseKeyOfRun({ tables }: Scene, key: string | null): void {
  const run = key === null ? null : tables.runs.idByKey(key);
  if (run === null) return;
  throw new Refusal('key_conflict', `key ${key} belongs to run ${run}`, 'choose another key');
}
