import type { Sweep as SweepView } from '../../gen/expd/v1/runs.js';
import type { Reader } from '../store/reader.js';
import { STATE_VIEWS } from './view.js';

export type SweepReads = Pick<Reader, 'sweep' | 'sweepCounts'>;

/** A sweep as callers see it, with how its jobs stand now. */
export function sweepView(reads: SweepReads, id: number): SweepView {
  const sweep = reads.sweep(id);
  if (sweep === null) throw new Error(`sweep ${id} is not there`);
  const states = reads.sweepCounts(id);
  return {
    id,
    ulid: sweep.ulid,
    name: sweep.name,
    key: sweep.key ?? '',
    submittedAtMs: sweep.submittedAt,
    jobs: states.reduce((sum, { count }) => sum + count, 0),
    states: states.map(({ state, count }) => ({ state: STATE_VIEWS[state], count })),
    maxParallel: sweep.maxParallel,
    holdAfterFailures: sweep.holdAfterFailures,
    axes: sweep.axes,
    dir: sweep.dir ?? '',
    project: sweep.project,
    endedAtMs: sweep.endedAt ?? 0,
    firstRunId: sweep.firstRunId,
  };
}

/** Those that are still there, each once. */
export const sweepViews = (reads: SweepReads, ids: Iterable<number>): SweepView[] =>
  [...new Set(ids)].filter((id) => reads.sweep(id) !== null).map((id) => sweepView(reads, id));
