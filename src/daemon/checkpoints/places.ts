import type { Submission } from '../run/submission.js';
import { runPaths } from '../rundir/paths.js';
import type { Places } from './candidate.js';
import { baseOf } from './pattern.js';
import { isPreset } from './preset.js';

/** An attempt, as far as its checkpoints go. */
export interface PastAttempt {
  number: number;
  /** Empty where it never got one. */
  runDir: string;
  resumedFrom: string | null;
  /** Unix ms. */
  claimedAt: number;
  endedAt: number | null;
}

/**
 * Where the attempts from number `since` on have their checkpoints. In a directory that earlier ones wrote into, or
 * outside of run directories, only what was written since counts: two runs may write to the same place, one after
 * the other, and each has its own times.
 */
export function placesOf(
  attempts: readonly PastAttempt[],
  { checkpoints }: Pick<Submission, 'checkpoints'>,
  since: number,
  curves: string | null = null,
): Places {
  const line = attempts.filter(({ number, runDir }) => number >= since && runDir !== '');
  const where = checkpoints?.where ?? null;
  const runDirs: Places['runDirs'][number][] = [];
  for (const { number, runDir, claimedAt } of line) {
    if (runDirs.some((known) => known.runDir === runDir)) continue;
    const older = attempts.some((one) => one.number < since && one.runDir === runDir);
    const { metricsFile } = runPaths(runDir, number, false);
    runDirs.push({ attempt: number, runDir, since: older ? claimedAt : 0, metricsFile });
  }
  return {
    runDirs,
    only: where !== null && isPreset(where) ? where : null,
    pattern: where === null || isPreset(where) ? null : where,
    curves,
    windows: line.map(({ claimedAt, endedAt }) => ({
      from: claimedAt,
      to: endedAt ?? Number.POSITIVE_INFINITY,
    })),
    metric: checkpoints?.metric?.name ?? null,
  };
}

/** The directory outside of run directories that a run's checkpoints are about; null: it names none. */
export function placeNamed({ checkpoints }: Pick<Submission, 'checkpoints'>): string | null {
  const where = checkpoints?.where ?? null;
  return where === null || !where.startsWith('/') ? null : baseOf(where);
}
