import { redactArgv } from '../../secrets.js';
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

/** A job that cannot be, as it was found among the others. */
export interface BadJob<Code> {
  number: number;
  overrides: readonly string[];
  code: Code;
  message: string;
  hint: string;
}

const NAMED = 20;
const LONGEST = 160;

/** What is wrong with a sweep of `count` jobs, in one line. */
export function badJobs<Code>(
  bad: readonly [BadJob<Code>, ...BadJob<Code>[]],
  count: number,
): { code: Code; message: string; hint: string } {
  const named = bad
    .slice(0, NAMED)
    .map((job) =>
      cut(`job ${job.number}${job.overrides.length > 0 ? ` ${inShort(job)}` : ''}: ${job.message}`),
    );
  const more = bad.length > NAMED ? [`and ${bad.length - NAMED} more`] : [];
  const [{ code, hint }] = bad;
  const many = `${bad.length} of ${count} jobs cannot be queued, so none is: `;
  return { code, message: (count === 1 ? '' : many) + [...named, ...more].join('; '), hint };
}

/** `(lr=0.1 seed=2)` */
export const inShort = ({ overrides }: { overrides: readonly string[] }): string =>
  overrides.length === 0 ? 'without overrides' : `(${cut(redactArgv(overrides).join(' '))})`;

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

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
