import type { IllegalTransition } from '../run/lifecycle.js';
import { describe } from '../run/outcome.js';
import { isFinal, type Run } from '../run/run.js';
import type { RefusalCode, Result } from './commands.js';

/** Thrown while a command is applied: it changes nothing, the others of its batch stand. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly hint: string = '',
  ) {
    super(message);
  }
}

export const noSuchRun = (id: number): Refusal =>
  new Refusal('not_found', `there is no run ${id}`, 'expctl ls -a lists all runs');

export const refused = (runId: number | null, { code, message, hint }: Refusal): Result => ({
  ok: false,
  runId,
  code,
  message,
  hint,
});

/** An event that the run's state does not allow, as an answer to who asked for it. */
export function wrongState({ run, event }: IllegalTransition): Refusal {
  const what = WORDS[event.kind];
  return new Refusal(
    'wrong_state',
    `run ${run.id} ${stands(run)}: it cannot be ${what}`,
    wayOut(run, event.kind),
  );
}

const WORDS: Record<IllegalTransition['event']['kind'], string> = {
  held: 'held',
  released: 'released',
  claimed: 'started',
  spawned: 'reported as started',
  paused: 'paused',
  continued: 'continued',
  stopRequested: 'stopped',
  ended: 'ended',
  retried: 'retried',
  resumed: 'resumed',
};

function stands(run: Run): string {
  switch (run.state) {
    case 'succeeded':
      return 'has succeeded';
    case 'failed':
      return run.outcome === null ? 'has failed' : `has failed (${describe(run.outcome)})`;
    case 'cancelled':
      return 'is cancelled';
    default:
      return `is ${run.state}`;
  }
}

function wayOut(run: Run, kind: IllegalTransition['event']['kind']): string {
  const { id } = run;
  if (kind === 'retried') {
    if (run.state === 'succeeded')
      return `expctl resume ${id} goes on from its newest checkpoint, expctl rerun ${id} starts anew`;
    return run.state === 'held' ? `expctl release ${id} lets it start` : `expctl cancel ${id} ends it first`;
  }
  if (kind === 'resumed')
    return run.state === 'held' ? `expctl release ${id} lets it start` : `expctl cancel ${id} ends it first`;
  if (run.state === 'succeeded') return `expctl resume ${id} or expctl rerun ${id} runs it again`;
  if (isFinal(run.state)) return `expctl retry ${id} or expctl rerun ${id} runs it again`;
  if (kind === 'held')
    return `only a queued run can be held; expctl pause ${id} stops a running one for a while`;
  if (kind === 'released') return 'only a held or a paused run can be released';
  if (kind === 'paused' || kind === 'continued') return 'only a running run can be paused';
  return '';
}
