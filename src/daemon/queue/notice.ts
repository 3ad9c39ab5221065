import { hostname } from 'node:os';
import type { RunEvent } from '../run/lifecycle.js';
import { describe, type Outcome } from '../run/outcome.js';
import type { Notification, StoredRun } from '../store/stored.js';

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
    },
  };
}

function kindOf(run: StoredRun, event: RunEvent): Notification['event'] | null {
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

const reason = (outcome: Outcome | null): Notification['run']['reason'] =>
  outcome === null ? null : { code: outcome.cause, text: describe(outcome) };
