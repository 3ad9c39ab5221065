import type { GetResponse } from '../../gen/expd/v1/runs.js';
import type { Curve, Moment } from '../curves.js';
import { ClientError } from '../errors.js';
import { brief, floatJson } from './number.js';
import type { Answer, Style } from './output.js';
import { plain } from './plain.js';
import { complaints, metricJson, metricTable, progressJson, progressWords } from './progress.js';
import { isoTime, localTime } from './time.js';

/** How each metric of a run stands. */
export function metricsFound({ run, metrics }: GetResponse): Answer {
  const wrong = complaints(run?.progress).map(plain);
  return {
    json: { progress: progressJson(run?.progress), metrics: metrics.map(metricJson) },
    text: (style) => [
      ...[progressWords(run?.progress)].filter((words) => words !== ''),
      ...metricTable(metrics, style, Number.POSITIVE_INFINITY),
    ],
    warnings: [...wrong, ...(metrics.length === 0 ? [`run ${run?.id ?? ''} has logged no metrics`] : [])],
  };
}

/** All points of some metrics, a row a step. @throws ClientError where there is none */
export function pointsFound(curves: readonly Curve[], keys: readonly string[]): Answer {
  if (curves.length === 0)
    throw new ClientError(
      'not_found',
      `nothing was logged as ${keys.join(', ')}`,
      'expctl metrics RUN lists what was',
    );
  return {
    json: {
      metrics: curves.map(({ key, steps, values, times }) => ({
        key,
        points: steps.map((step, n) => [step, floatJson(values[n]!), isoTime(Math.round(times[n]! * 1000))]),
      })),
    },
    text: (style) => rows(curves, style),
  };
}

/** Tab-separated, as programs like it, with a name over each column. */
function rows(curves: readonly Curve[], style: Style): string[] {
  const cells = new Map<number, string[]>();
  curves.forEach(({ steps, values }, column) => {
    steps.forEach((step, n) => {
      const row = cells.get(step) ?? curves.map(() => '');
      row[column] = String(floatJson(values[n]!));
      cells.set(step, row);
    });
  });
  const head = ['step', ...curves.map(({ key }) => plain(key))].join('\t');
  return [
    style.paint('bold', head),
    ...[...cells].sort(([a], [b]) => a - b).map(([step, row]) => [step, ...row].join('\t')),
  ];
}

/** `14:02:11  step 120  train/loss 0.31  lr 0.001`. */
export const momentLine = ({ step, at, values }: Moment, style: Style): string =>
  [
    style.paint('dim', localTime(at * 1000, style.now)),
    style.paint('bold', `step ${step}`),
    ...values.map(([key, value]) => `${plain(key)} ${brief(value)}`),
  ].join('  ');

export const momentJson = ({ step, at, values }: Moment) => ({
  type: 'point',
  step,
  at: isoTime(Math.round(at * 1000)),
  values: Object.fromEntries(values.map(([key, value]) => [key, floatJson(value)])),
});
