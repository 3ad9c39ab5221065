import {
  type FollowMetricsResponse,
  type MetricSeries,
  type MetricsQuery,
  MetricsService,
} from '../gen/expd/v1/metrics.js';
import type { Daemon } from './connect.js';

/** A metric's points, in the order of their steps. Arrays of one length; times in Unix seconds. */
export interface Curve {
  key: string;
  steps: number[];
  values: number[];
  times: number[];
}

export const query = (
  run: string,
  keys: readonly string[],
  changes: Partial<MetricsQuery> = {},
): MetricsQuery => ({
  run,
  keys: [...keys],
  maxPoints: 0,
  ...changes,
});

/** What a run has logged up to now, by key. */
export async function readCurves(daemon: Daemon, asked: MetricsQuery): Promise<Curve[]> {
  const curves = new Map<string, Curve>();
  for await (const { series } of daemon.stream(MetricsService.read, { query: asked }))
    for (const part of series) append(curves, part);
  return [...curves.values()];
}

function append(curves: Map<string, Curve>, { key, steps, values, times }: MetricSeries): void {
  const curve = curves.get(key) ?? { key, steps: [], values: [], times: [] };
  curves.set(key, curve);
  for (let n = 0; n < steps.length; n++) {
    curve.steps.push(steps[n]!);
    curve.values.push(values[n]!);
    curve.times.push(times[n]!);
  }
}

/** The points of one step, with the keys in the order in which they came. */
export interface Moment {
  step: number;
  /** Unix seconds. */
  at: number;
  values: [key: string, value: number][];
}

/** The points of an answer, step by step. */
export function moments({ series }: Pick<FollowMetricsResponse, 'series'>): Moment[] {
  const found = new Map<number, Moment>();
  for (const { key, steps, values, times } of series)
    steps.forEach((step, n) => {
      const moment = found.get(step) ?? { step, at: times[n]!, values: [] };
      moment.values.push([key, values[n]!]);
      found.set(step, moment);
    });
  return [...found.values()].sort((a, b) => a.step - b.step);
}
