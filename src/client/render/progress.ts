import type { MetricExtreme, MetricStanding, Progress } from '../../gen/expd/v1/runs.js';
import { brief, floatJson } from './number.js';
import type { Json, Style } from './output.js';
import { plain } from './plain.js';
import { type Column, table } from './table.js';
import { age, isoTime, span } from './time.js';

/** docs/json.md, "Progress". */
export const progressJson = (progress: Progress | undefined): Json =>
  progress === undefined
    ? null
    : {
        step: progress.step ?? null,
        totalSteps: progress.totalSteps ?? null,
        stepsPerSecond: progress.stepsPerSecond ?? null,
        remainingMs: progress.remainingMs ?? null,
        at: isoTime(progress.atMs),
        headline: progress.headline === undefined ? null : metricJson(progress.headline),
        badLines: progress.badLines,
        badLine: progress.badLine || null,
        badLineWhy: progress.badLineWhy || null,
        problem: progress.problem || null,
      };

/** docs/json.md, "Metric". */
export const metricJson = (metric: MetricStanding) =>
  ({
    key: metric.key,
    step: metric.step,
    value: floatJson(metric.value),
    at: isoTime(metric.atMs),
    points: metric.points,
    lowest: extremeJson(metric.lowest),
    highest: extremeJson(metric.highest),
  }) satisfies Json;

const extremeJson = (extreme: MetricExtreme | undefined): Json =>
  extreme === undefined ? null : { step: extreme.step, value: floatJson(extreme.value) };

/** `1200/5000, 34.1 steps/s, 2h05m left`; empty where nothing is known. */
export function progressWords(progress: Progress | undefined): string {
  if (progress?.step === undefined) return '';
  const { step, totalSteps, stepsPerSecond, remainingMs } = progress;
  return [
    totalSteps === undefined ? `step ${step}` : `step ${step}/${totalSteps}`,
    ...(stepsPerSecond === undefined ? [] : [`${brief(stepsPerSecond)} steps/s`]),
    ...(remainingMs === undefined ? [] : [`${span(remainingMs)} left`]),
  ].join(', ');
}

/** How long it will go on: `2h05m`; empty where nobody can tell. */
export const remaining = (progress: Progress | undefined): string =>
  progress?.remainingMs === undefined ? '' : span(progress.remainingMs);

/** `loss 0.31`. */
export const headlineWords = (progress: Progress | undefined): string =>
  progress?.headline === undefined ? '' : `${plain(progress.headline.key)} ${brief(progress.headline.value)}`;

/** What is wrong with what a run logs, a line each. */
export function complaints(progress: Progress | undefined): string[] {
  if (progress === undefined) return [];
  const { badLines, badLine, badLineWhy, problem } = progress;
  const example = badLine === '' ? badLineWhy : `${badLineWhy}: ${badLine}`;
  return [
    ...(problem === '' ? [] : [problem]),
    ...(badLines === 0
      ? []
      : [
          `${badLines} ${badLines === 1 ? 'line' : 'lines'} of its metrics file could not be used; the last one: ${example}`,
        ]),
  ];
}

const MOST = 40;

/** Each metric with its last value and its extremes. */
export function metricTable(metrics: readonly MetricStanding[], style: Style, most = MOST): string[] {
  if (metrics.length === 0) return [];
  const columns: Column<MetricStanding>[] = [
    { title: 'METRIC', cell: ({ key }) => plain(key), shrinks: true },
    { title: 'LAST', cell: ({ value }) => brief(value), align: 'right' },
    { title: 'STEP', cell: ({ step }) => String(step), align: 'right' },
    {
      title: 'LOWEST',
      cell: ({ lowest }) => (lowest === undefined ? '' : brief(lowest.value)),
      align: 'right',
    },
    { title: 'AT', cell: ({ lowest }) => (lowest === undefined ? '' : String(lowest.step)), align: 'right' },
    {
      title: 'HIGHEST',
      cell: ({ highest }) => (highest === undefined ? '' : brief(highest.value)),
      align: 'right',
    },
    {
      title: 'AT',
      cell: ({ highest }) => (highest === undefined ? '' : String(highest.step)),
      align: 'right',
    },
    { title: 'POINTS', cell: ({ points }) => String(points), align: 'right' },
    { title: 'AGE', cell: ({ atMs }) => age(style.now - atMs), align: 'right' },
  ];
  const [head = '', ...rows] = table(columns, metrics.slice(0, most), style.width);
  const more =
    metrics.length > most ? [style.paint('dim', `… ${metrics.length - most} more (expctl metrics)`)] : [];
  return [style.paint('bold', head), ...rows, ...more];
}
