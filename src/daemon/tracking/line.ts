import type { ResumeChoice } from '../run/run.js';
import { runPaths } from '../rundir/paths.js';
import { type Found, newestComplete, resumePoint } from './resume.js';
import type { Verify } from './verify.js';

/** An attempt, as far as its checkpoints go. */
export interface PastAttempt {
  number: number;
  /** Empty where it never got one. */
  runDir: string;
  resumedFrom: string | null;
  /** Unix ms. */
  claimedAt: number;
}

const NONE: Found = { point: null, warnings: [] };

/** What the run's next attempt goes on from: the newest checkpoint of its line, or what was chosen. */
export async function nextResumePoint(
  choice: ResumeChoice,
  attempts: readonly PastAttempt[],
  verify: Verify,
): Promise<Found> {
  switch (choice.from) {
    case 'nothing':
      return NONE;
    case 'chosen':
      return resumePoint(directoriesOf(attempts), choice, verify);
    case 'newest': {
      const { since = 1, base } = choice;
      const line = attempts.filter(({ number }) => number >= since);
      const found = await resumePoint(
        directoriesOf(line),
        { from: 'newest', ...sharedBefore(attempts, since) },
        verify,
      );
      if (found.point !== null || base === undefined) return found;
      return resumePoint(directoriesOf(attempts), { from: 'chosen', what: base }, verify);
    }
  }
  choice satisfies never;
}

/** Whether the attempt left a complete checkpoint that it did not start from. Nothing is verified. */
export async function progressed({ number, runDir, resumedFrom, claimedAt }: PastAttempt): Promise<boolean> {
  if (runDir === '') return false;
  const newest = await newestComplete(runPaths(runDir, number, false).checkpoints, claimedAt);
  return newest !== null && newest.path !== resumedFrom;
}

const directoriesOf = (attempts: readonly PastAttempt[]): string[] =>
  attempts
    .filter(({ runDir }) => runDir !== '')
    .map(({ number, runDir }) => runPaths(runDir, number, false).checkpoints);

/** In a directory that older lines wrote into, only what came later counts. */
function sharedBefore(attempts: readonly PastAttempt[], since: number): { writtenAfter?: number } {
  const first = attempts.find(({ number }) => number === since);
  const shared = first && attempts.some(({ number, runDir }) => number < since && runDir === first.runDir);
  return shared ? { writtenAfter: first.claimedAt } : {};
}
