import { type Run, RunState, RunsService, type Submission, type Sweep } from '../gen/expd/v1/runs.js';
import type { Daemon } from './connect.js';
import { EVERYTHING, everyPage } from './listing.js';
import { lastLine } from './render/log-tail.js';
import { isFinal, STATES } from './render/run.js';

/** What there is to say of a sweep beside its own fields. */
export interface SweepReport {
  sweep: Sweep;
  /** By their numbers. */
  jobs: Run[];
  /** Of the first job. */
  submission: Submission | undefined;
  /** The last that failed, by their numbers, with the end of what they printed. */
  failed: { run: Run; lastLine: string }[];
}

/** Of so many jobs the log is looked at. */
const FAILED_SHOWN = 10;

export async function sweepReport(daemon: Pick<Daemon, 'call'>, id: number): Promise<SweepReport> {
  const page = await everyPage(daemon, { ...EVERYTHING, sweepId: id });
  const [sweep] = page.sweeps;
  if (sweep === undefined) throw new Error('a sweep was answered without itself');
  const jobs = page.runs.toSorted((a, b) => a.job - b.job);
  const failed = jobs
    .filter(({ state }) => state === STATES.failed)
    .toSorted((a, b) => a.endedAtMs - b.endedAtMs)
    .slice(-FAILED_SHOWN)
    .toSorted((a, b) => a.job - b.job);
  const get = (run: Run, logLines: number) => daemon.call(RunsService.get, { run: String(run.id), logLines });
  const [first, ...ends] = await Promise.all([
    jobs[0] === undefined ? undefined : get(jobs[0], 0),
    ...failed.map((run) => get(run, 1)),
  ]);
  return {
    sweep,
    jobs,
    submission: first?.submission,
    failed: failed.map((run, n) => ({ run, lastLine: lastLine(ends[n]?.logTail ?? Buffer.alloc(0)) })),
  };
}

/** Those under way. */
export const activeJobs = (jobs: readonly Run[]): Run[] =>
  jobs.filter(
    ({ state }) =>
      !isFinal(state) && state !== RunState.RUN_STATE_QUEUED && state !== RunState.RUN_STATE_HELD,
  );

/** Those whose turn is to come, in that order. */
export const nextJobs = (jobs: readonly Run[]): Run[] =>
  jobs
    .filter(({ state }) => state === RunState.RUN_STATE_QUEUED)
    .toSorted((a, b) => b.priority - a.priority || a.id - b.id);
