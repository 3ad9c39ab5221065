import type {
  MetricExtreme,
  MetricStanding as MetricStandingView,
  Progress as ProgressView,
} from '../../gen/expd/v1/runs.js';
import { type Extreme, headline, type Progress, remainingMs, type Standing } from '../run/progress.js';
import type { Reader } from '../store/reader.js';

/** How runs stand: those that log now from memory, the others as they are stored. */
export interface ProgressReads {
  live: {
    progress(runId: number): Progress | null;
    standings(runId: number): Standing[] | null;
  };
  stored: Pick<Reader, 'progress' | 'standings'>;
}

/** Of an active run; undefined where it has logged nothing. */
export function liveProgress({ live }: ProgressReads, runId: number, now: number): ProgressView | undefined {
  const progress = live.progress(runId);
  return progress === null ? undefined : progressView(progress, live.standings(runId) ?? [], now);
}

export function fullProgress(
  { live, stored }: ProgressReads,
  runId: number,
  now: number,
): { progress: ProgressView | undefined; metrics: MetricStandingView[] } {
  const progress = live.progress(runId) ?? stored.progress(runId);
  const standings = live.standings(runId) ?? stored.standings(runId);
  return {
    progress: progress === null ? undefined : progressView(progress, standings, now),
    metrics: standings.map(standingView),
  };
}

function progressView(progress: Progress, standings: readonly Standing[], now: number): ProgressView {
  const { step, totalSteps, stepsPerSecond, at, bad, problem } = progress;
  const first = headline(standings);
  return {
    step: step ?? undefined,
    totalSteps: totalSteps ?? undefined,
    stepsPerSecond: stepsPerSecond ?? undefined,
    remainingMs: remainingMs(progress, now) ?? undefined,
    atMs: ms(at),
    headline: first === null ? undefined : standingView(first),
    badLines: bad.count,
    badLine: bad.example?.line ?? '',
    badLineWhy: bad.example?.why ?? '',
    problem: problem ?? '',
  };
}

const standingView = ({ key, step, value, at, points, lowest, highest }: Standing): MetricStandingView => ({
  key,
  step,
  value,
  atMs: ms(at),
  points,
  lowest: extremeView(lowest),
  highest: extremeView(highest),
});

const extremeView = (extreme: Extreme | null): MetricExtreme | undefined => extreme ?? undefined;

const ms = (seconds: number | null): number => (seconds === null ? 0 : Math.round(seconds * 1000));
