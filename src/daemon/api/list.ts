import type {
  ListRequest,
  ListResponse,
  RunState as RunStateView,
  Run as RunView,
} from '../../gen/expd/v1/runs.js';
import type { Clock } from '../clock.js';
import { isLive, RUN_STATES, type RunState } from '../run/run.js';
import type { PageQuery } from '../store/pages.js';
import type { Reader } from '../store/reader.js';
import { within } from './limits.js';
import { liveProgress, type ProgressReads } from './progress-view.js';
import { type Lookup, noSuchSweep, selectIds } from './select.js';
import { type SweepReads, sweepViews } from './sweep-view.js';
import { type Reasons, runView, STATE_VIEWS } from './view.js';

export interface ListPorts {
  reads: Lookup & SweepReads & Pick<Reader, 'recent' | 'newestSeq' | 'snapshot'>;
  reasons: Reasons;
  clock: Clock;
  progress: ProgressReads;
}

const PAGE = 50;
const LARGEST_PAGE = 1000;

/** A page of runs, and the event number from which on a watcher misses nothing of it. */
export async function list(
  { reads, reasons, clock, progress }: ListPorts,
  request: ListRequest,
): Promise<ListResponse> {
  const limit = within('the page size', request.pageSize || PAGE, 1, LARGEST_PAGE);
  const now = clock.now();
  const view = (runs: readonly Parameters<typeof runView>[0][]): RunView[] =>
    runs.map((run) => ({
      ...runView(run, reasons),
      progress: isLive(run.state) ? liveProgress(progress, run.id, now) : undefined,
    }));
  const query = await filters(request, reads);
  return reads.snapshot(() => {
    const seq = reads.newestSeq();
    const fold = request.foldSweeps;
    if (request.recent) {
      const { runs, more, sweeps, moreSweeps } = reads.recent({ now, perState: limit, fold });
      const counts = more.map(({ state, count }) => ({ state: STATE_VIEWS[state], count }));
      const folded = sweepViews(reads, sweeps);
      return { runs: view(runs), nextBeforeId: 0, more: counts, seq, sweeps: folded, moreSweeps };
    }
    const { runs, sweeps, nextBeforeId } = reads.page({ ...query, limit, fold });
    const shown = request.sweepId > 0 ? [request.sweepId] : sweeps.toReversed();
    return {
      ...{ runs: view(runs), nextBeforeId: nextBeforeId ?? 0, more: [], seq, moreSweeps: 0 },
      sweeps: sweepViews(reads, shown),
    };
  });
}

async function filters(request: ListRequest, lookup: Lookup): Promise<Omit<PageQuery, 'limit'>> {
  const { states, tags, sinceMs, name, group, runs, beforeId, sweepId } = request;
  if (sweepId !== 0 && lookup.sweep(sweepId) === null) throw noSuchSweep(sweepId);
  return {
    ...(states.length > 0 && { states: states.map(stateOf).filter((state) => state !== undefined) }),
    ...(tags.length > 0 && { tags }),
    ...(sinceMs > 0 && { sinceMs }),
    ...(name !== '' && { name }),
    ...(group !== '' && { group }),
    ...(runs.length > 0 && { ids: await selectIds(runs, lookup) }),
    ...(beforeId > 0 && { beforeId }),
    ...(sweepId > 0 && { sweepId }),
  };
}

const stateOf = (view: RunStateView): RunState | undefined =>
  RUN_STATES.find((state) => STATE_VIEWS[state] === view);
