import { Bell } from '../../bell.js';
import {
  type FollowMetricsRequest,
  type FollowMetricsResponse,
  type MetricSeries,
  MetricsService,
  type MetricsQuery as QueryView,
  type ReadMetricsRequest,
  type ReadMetricsResponse,
} from '../../gen/expd/v1/metrics.js';
import { UserError } from '../errors.js';
import type { Queue } from '../queue/queue.js';
import { isFinal } from '../run/run.js';
import { tensorboardDir } from '../rundir/paths.js';
import type { StoredRun } from '../store/stored.js';
import type { CurveBatch, CurveQuery } from '../tracking/curve-reading.js';
import type { OpenReading, Tracker } from '../tracking/tracker.js';
import type { Calls, Outgoing } from './call.js';
import { within } from './limits.js';
import { type Lookup, selectOne } from './select.js';
import type { Served } from './server.js';

export interface MetricsPorts {
  calls: Calls;
  reads: Lookup;
  tracker: Pick<Tracker, 'read' | 'onNews'>;
  /** Resolves when all that the run has logged is taken over. */
  taken(run: StoredRun): Promise<void>;
  onCommit: Queue['onCommit'];
}

const UNDER_WAY = 2;
const MOST_POINTS = 10_000_000;

export function metricsService(ports: MetricsPorts): Served {
  const { calls } = ports;
  return [
    MetricsService,
    {
      read: calls.serverStream<ReadMetricsRequest, ReadMetricsResponse>(
        'Metrics.Read',
        UNDER_WAY,
        (request, out) => read(ports, request, out),
      ),
      follow: calls.serverStream<FollowMetricsRequest, FollowMetricsResponse>(
        'Metrics.Follow',
        UNDER_WAY,
        (request, out) => follow(ports, request, out),
      ),
    },
  ];
}

async function read(
  { reads, tracker }: MetricsPorts,
  { query }: ReadMetricsRequest,
  out: Outgoing<ReadMetricsResponse>,
): Promise<void> {
  const [run, asked] = understood(query, reads);
  const reading = tracker.read(place(run), asked);
  try {
    for (let more = true; more; ) {
      const batch = await reading.next();
      await out.send({ series: batch.series.map(seriesView) });
      more = batch.more;
    }
  } finally {
    reading.close();
  }
}

/** Until the run is over and everything that it logged was told. */
async function follow(
  ports: MetricsPorts,
  { query }: FollowMetricsRequest,
  out: Outgoing<FollowMetricsResponse>,
): Promise<void> {
  const { reads, tracker, onCommit } = ports;
  const [{ id }, asked] = understood(query, reads);
  const bell = new Bell();
  let run = current(reads, id);
  // The first attempt may give it another place.
  let [root, reading] = [place(run), tracker.read(place(run), asked)];
  const forget = [
    onCommit(({ changed, removed }) => {
      if (removed.includes(id) || changed.some((one) => one.id === id)) bell.ring();
    }),
    tracker.onNews((where) => {
      if (where === root) bell.ring();
    }),
  ];
  try {
    for (;;) {
      run = current(reads, id);
      const over = isFinal(run.state);
      if (over) await ports.taken(run);
      if (place(run) !== root) {
        reading.close();
        [root, reading] = [place(run), tracker.read(place(run), asked)];
      }
      await tell(reading, out);
      if (over) return;
      await bell.wait(out.signal);
    }
  } finally {
    for (const stop of forget) stop();
    reading.close();
  }
}

/** All that there is now. */
async function tell(reading: OpenReading, out: Outgoing<FollowMetricsResponse>): Promise<void> {
  for (let more = true; more; ) {
    const batch: CurveBatch = await reading.next();
    more = batch.more;
    await out.send({
      rewinds: batch.rewinds,
      series: batch.series.map(seriesView),
      live: !more,
    });
  }
}

function understood(query: QueryView | undefined, reads: Lookup): [StoredRun, CurveQuery] {
  const run = selectOne(query?.run ?? '', reads);
  return [
    run,
    {
      keys: query?.keys ?? [],
      fromStep: query?.fromStep ?? null,
      toStep: query?.toStep ?? null,
      from: query?.from ?? null,
      to: query?.to ?? null,
      most: within('the number of points', query?.maxPoints ?? 0, 0, MOST_POINTS),
    },
  ];
}

const place = ({ project, experimentId }: StoredRun): string => tensorboardDir(project, experimentId);

function current(reads: Lookup, id: number): StoredRun {
  const run = reads.run(id);
  if (run === null) throw new UserError('not_found', `run ${id} was removed`);
  return run;
}

const seriesView = ({ key, steps, values, times }: CurveBatch['series'][number]): MetricSeries => ({
  key,
  steps: [...steps],
  values: [...values],
  times: [...times],
});
