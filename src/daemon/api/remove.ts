import type { Removed, RemovedSweep, RemoveRequest, RemoveResponse } from '../../gen/expd/v1/runs.js';
import type { Clock } from '../clock.js';
import { UserError } from '../errors.js';
import type { Command, Result } from '../queue/commands.js';
import type { Queue } from '../queue/queue.js';
import { isFinal } from '../run/run.js';
import type { Sweep } from '../run/sweep.js';
import type { Reader } from '../store/reader.js';
import type { StoredAttempt, StoredRun } from '../store/stored.js';
import { toDetail } from './errors.js';
import { decided, firstAnswers } from './results.js';
import { type Lookup, MOST_SELECTED, type Selected, select } from './select.js';

/** Where the files of runs lie and go. */
export interface RunFiles {
  /** Directories of the run that exist. */
  find(run: StoredRun, attempts: readonly StoredAttempt[]): Promise<string[]>;
  /** Moves them to the project's trash, with the curves when nothing else uses them; returns where they lie now. */
  discard(run: StoredRun, attempts: readonly StoredAttempt[]): Promise<string[]>;
  /** The sweep's own directory, where it exists. */
  findSweep(sweep: Sweep): Promise<string[]>;
  discardSweep(sweep: Sweep): Promise<string[]>;
}

export interface RemovePorts {
  queue: Pick<Queue, 'execute'>;
  reads: Lookup & Pick<Reader, 'answered' | 'attempts' | 'dependants' | 'resumedBelow'>;
  files: RunFiles;
  clock: Clock;
}

/**
 * Forgets final runs. Files go first: a run that is still listed can be removed again, while files
 * without a run would be forgotten. A repeated request has no paths to tell any more.
 */
export async function remove(ports: RemovePorts, request: RemoveRequest): Promise<RemoveResponse> {
  const { requestId, dryRun } = request;
  // Before anything is moved: `@` may be another run by now.
  const first = dryRun ? null : firstAnswers(ports.reads, requestId);
  if (first !== null) return { results: first.map((result) => removed(result, NOTHING)), sweeps: [] };
  const plans: Plan[] = [];
  for (const one of await candidates(ports, request)) plans.push(await plan(ports, request, one));
  const sweeps = await removedSweeps(ports, request, plans);
  const commands = plans.map(({ command }) => command);
  const results = dryRun
    ? commands.map(foretold)
    : await ports.queue.execute({ requestId: requestId || null, commands });
  return { results: results.map((result, n) => removed(result, plans[n] ?? NOTHING)), sweeps };
}

interface Plan {
  command: Command;
  paths: string[];
  /** 0: it is no job of a sweep. */
  sweep: number;
}

const NOTHING = { paths: [], sweep: 0 };

async function plan(
  { reads, files }: RemovePorts,
  { files: withFiles, dryRun }: RemoveRequest,
  one: Selected,
): Promise<Plan> {
  if ('error' in one) return { command: decided(one.id || null, one.error), ...NOTHING };
  const { run } = one;
  const sweep = run.job?.sweep ?? 0;
  try {
    refuseUnfinished(run, reads);
    const attempts = reads.attempts(run.id);
    const present = await files.find(run, attempts);
    if (withFiles) refuseNeeded(run, [...attempts.map(({ runDir }) => runDir), ...present], reads);
    const paths = withFiles && !dryRun ? await files.discard(run, attempts) : present;
    return { command: { do: 'remove', runId: run.id }, paths, sweep };
  } catch (err) {
    return { command: decided(run.id, err), paths: [], sweep };
  }
}

/** Sweeps of which every job goes, with their own directories. */
async function removedSweeps(
  { reads, files }: RemovePorts,
  { files: withFiles, dryRun }: RemoveRequest,
  plans: readonly Plan[],
): Promise<RemovedSweep[]> {
  const going = plans.filter(({ command, sweep }) => command.do === 'remove' && sweep !== 0);
  const whole = [...new Set(going.map(({ sweep }) => sweep))].flatMap((id) => {
    const sweep = reads.sweep(id);
    const jobs = reads.jobs(id, 0, Number.MAX_SAFE_INTEGER).length;
    return sweep !== null && jobs === going.filter((one) => one.sweep === id).length ? [sweep] : [];
  });
  return Promise.all(
    whole.map(async (sweep) => ({
      sweepId: sweep.id,
      paths: await (withFiles && !dryRun ? files.discardSweep(sweep) : files.findSweep(sweep)),
    })),
  );
}

/** The queue refuses the same, but after the files have gone. */
function refuseUnfinished(run: StoredRun, reads: RemovePorts['reads']): void {
  if (!isFinal(run.state))
    throw new UserError(
      'wrong_state',
      `run ${run.id} is ${run.state}`,
      `expctl cancel ${run.id} ends it first`,
    );
  const waiting = reads.dependants(run.id).find(({ on }) => {
    const dependant = reads.run(on);
    return dependant !== null && !isFinal(dependant.state);
  });
  if (waiting === undefined) return;
  const hint = `expctl rm ${run.id} works once run ${waiting.on} is over`;
  throw new UserError('has_dependants', `run ${waiting.on} waits for run ${run.id}`, hint);
}

/** What others resumed from is their past, and may be their next start; some lies beside the curves. */
function refuseNeeded(run: StoredRun, directories: readonly string[], reads: RemovePorts['reads']): void {
  for (const directory of new Set(directories.filter((one) => one !== ''))) {
    const other = reads.resumedBelow(directory, run.id);
    if (other === null) continue;
    throw new UserError(
      'has_dependants',
      `run ${other} resumed from a checkpoint of run ${run.id}`,
      `expctl rm ${run.id} without --files leaves it in place`,
    );
  }
}

const foretold = (command: Command): Result =>
  command.do === 'answer' ? command.result : { ok: true, runId: 'runId' in command ? command.runId : null };

const removed = (result: Result, { paths, sweep }: Pick<Plan, 'paths' | 'sweep'>): Removed => ({
  runId: result.runId ?? 0,
  sweepId: sweep,
  paths: result.ok ? paths : [],
  error: result.ok ? undefined : toDetail(result),
});

async function candidates({ reads, clock }: RemovePorts, request: RemoveRequest): Promise<Selected[]> {
  const { runs: words, olderThanMs } = request;
  if (olderThanMs <= 0) return finishedSweeps(await select(words, reads, { destructive: true }));
  const before = clock.now() - olderThanMs;
  const old = (run: StoredRun): boolean => 'endedAt' in run && run.endedAt < before;
  if (words.length > 0)
    return (await select(words, reads, { destructive: true })).filter(
      (one) => 'error' in one || old(one.run),
    );
  return (await finalRuns(reads)).filter(old).map((run) => ({ run }));
}

/** A sweep goes whole or not at all: what is left of it would hardly be what somebody meant to keep. */
function finishedSweeps(selected: readonly Selected[]): Selected[] {
  const open = new Map<number, number>();
  for (const one of selected)
    if ('run' in one && one.whole !== undefined && !isFinal(one.run.state))
      open.set(one.whole, (open.get(one.whole) ?? 0) + 1);
  return [
    ...selected.filter((one) => !('run' in one && one.whole !== undefined && open.has(one.whole))),
    ...[...open].map(([sweep, jobs]): Selected => ({ id: 0, error: notOver(sweep, jobs) })),
  ];
}

const notOver = (sweep: number, jobs: number): UserError =>
  new UserError(
    'wrong_state',
    `${jobs} ${jobs === 1 ? 'job' : 'jobs'} of sweep s${sweep} ${jobs === 1 ? 'is' : 'are'} not over`,
    `expctl cancel s${sweep} ends them first`,
  );

const PAGE = 500;

/** The oldest first. Page by page, with the event loop's turn between: history may be long. */
async function finalRuns(reads: Lookup): Promise<StoredRun[]> {
  const found: StoredRun[] = [];
  for (let beforeId: number | null = Number.MAX_SAFE_INTEGER; beforeId !== null; ) {
    const page = reads.page({ states: ['succeeded', 'failed', 'cancelled'], beforeId, limit: PAGE });
    found.push(...page.runs);
    beforeId = page.nextBeforeId;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return found.reverse().slice(0, MOST_SELECTED);
}
