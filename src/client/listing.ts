import {
  type ListRequest,
  type ListResponse,
  type Run,
  RunsService,
  type StateCount,
  type Sweep,
} from '../gen/expd/v1/runs.js';
import type { Daemon } from './connect.js';
import { STATES } from './render/run.js';

const PAGE = 1000;
/** Lines of a state, where not all are asked for. */
export const SHOWN = 50;

export const EVERYTHING: ListRequest = {
  states: [],
  tags: [],
  sinceMs: 0,
  name: '',
  group: '',
  runs: [],
  recent: false,
  beforeId: 0,
  pageSize: PAGE,
  sweepId: 0,
  foldSweeps: false,
};

/** All pages of a list as one. */
export async function everyPage(daemon: Pick<Daemon, 'call'>, request: ListRequest): Promise<ListResponse> {
  const first = await daemon.call(RunsService.list, { ...request, pageSize: PAGE });
  const runs: Run[] = first.runs;
  // Where something is asked for, a sweep may come again in the next page.
  const sweeps = new Map(first.sweeps.map((sweep): [number, Sweep] => [sweep.id, sweep]));
  let next = first.nextBeforeId;
  while (next !== 0) {
    const page = await daemon.call(RunsService.list, { ...request, pageSize: PAGE, beforeId: next });
    runs.push(...page.runs);
    for (const sweep of page.sweeps) sweeps.set(sweep.id, sweep);
    next = page.nextBeforeId;
  }
  return { ...first, runs, sweeps: [...sweeps.values()], nextBeforeId: 0 };
}

/**
 * Of the jobs of a sweep at most `perState` in each state: of those that wait the first, whose turn comes next, of
 * all others those to which something happened last. Pure.
 */
export function inShort(page: ListResponse, perState: number): ListResponse {
  const more: StateCount[] = [];
  const runs = [...new Set(page.runs.map(({ state }) => state))].flatMap((state) => {
    const jobs = page.runs.filter((run) => run.state === state);
    if (jobs.length <= perState) return jobs;
    more.push({ state, count: jobs.length - perState });
    const waiting = state === STATES.queued || state === STATES.held;
    return jobs.toSorted((a, b) => (waiting ? a.job - b.job : touched(b) - touched(a))).slice(0, perState);
  });
  return { ...page, runs, more };
}

const touched = ({ startedAtMs, endedAtMs }: Run): number => Math.max(startedAtMs, endedAtMs);
