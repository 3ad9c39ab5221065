import { hostname } from 'node:os';
import type { RunEvent } from '../run/lifecycle.js';
import { describe, type Outcome } from '../run/outcome.js';
import { jobName, type Sweep } from '../run/sweep.js';
import type { Notification, RunNotification, StateCounts, StoredRun } from '../store/stored.js';

/**
 * What people are told of, once each: the end of a run (`failed`; `finished` for success, and for a cancel
 * that ended an attempt), an interruption or anything that leaves it held after an attempt (`interrupted`),
 * and its next start (`resumed`). A failure that is retried is not told. `run` is after the event.
 */
export function notice(run: StoredRun, event: RunEvent, at: number): Notification | null {
  const told = kindOf(run, event);
  if (told === null) return null;
  const outcome = event.kind === 'ended' ? event.outcome : null;
  return {
    v: 1,
    event: told,
    host: hostname(),
    at,
    run: {
      id: run.id,
      ulid: run.ulid,
      name: run.name,
      state: run.state,
      attempt: run.attempt,
      reason: run.state === 'held' ? run.why : reason(outcome),
      exit_code: outcome?.code ?? null,
      signal: outcome?.signal ?? null,
      experiment_id: run.experimentId,
      project: run.project,
      run_dir: run.runDir,
      tags: run.tags,
      job: run.job === null ? null : jobName(run.job),
    },
  };
}

/** Once each time that the last of its jobs has become final. */
export function sweepNotice(sweep: Sweep, counts: StateCounts, at: number): Notification {
  const count = (wanted: StateCounts[number]['state']): number =>
    counts.find(({ state }) => state === wanted)?.count ?? 0;
  return {
    v: 1,
    event: 'sweep_done',
    host: hostname(),
    at,
    sweep: {
      id: `s${sweep.id}`,
      ulid: sweep.ulid,
      name: sweep.name,
      axes: sweep.axes,
      jobs: counts.reduce((sum, each) => sum + each.count, 0),
      succeeded: count('succeeded'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      project: sweep.project,
      dir: sweep.dir,
    },
  };
}

function kindOf(run: StoredRun, event: RunEvent): RunNotification['event'] | null {
  if (event.kind === 'spawned') return run.attempt > 1 && run.state === 'running' ? 'resumed' : null;
  if (event.kind !== 'ended') return null;
  switch (run.state) {
    case 'failed':
      return 'failed';
    case 'succeeded':
    case 'cancelled':
      return 'finished';
    case 'held':
      return 'interrupted';
    default:
      return event.outcome.verdict === 'interrupted' ? 'interrupted' : null;
  }
}

const reason = (outcome: Outcome | null): RunNotification['run']['reason'] =>
  outcome === null ? null : { code: outcome.cause, text: describe(outcome) };
