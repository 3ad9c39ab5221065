import type { ResumeChoice } from '../run/run.js';
import type { Candidate } from './candidate.js';

/**
 * The attempts that go on from each other, up to the newest: `retry --fresh` and a chosen checkpoint begin another
 * line. What older lines left is neither newer than what this one writes, nor what it goes on from.
 */
export interface Line {
  /** Number of its first attempt, which may be one that is still to come. */
  since: number;
  /** What it goes on from while it has no checkpoint of its own, as it was chosen; null: from nothing. */
  base: string | null;
}

/** `live`: whether an attempt is under way, which the choice is about then. Pure. */
export function lineOf({ resume, attempt }: { resume: ResumeChoice; attempt: number }, live: boolean): Line {
  const newest = live ? attempt : attempt + 1;
  switch (resume.from) {
    case 'newest':
      return { since: resume.since ?? 1, base: resume.base ?? null };
    case 'nothing':
      return { since: newest, base: null };
    case 'chosen':
      return { since: newest, base: resume.what };
  }
  resume satisfies never;
}

/** In the same order, but those of the line before all others. */
export const lineFirst = (ordered: readonly Candidate[], line: ReadonlySet<string>): Candidate[] => [
  ...ordered.filter(({ path }) => line.has(path)),
  ...ordered.filter(({ path }) => !line.has(path)),
];

/** Whether it is what `--from` named: `best`, a step, or a path. */
export function isBase(one: Candidate, base: string | null, best: Candidate | null): boolean {
  if (base === null) return false;
  if (base === 'best') return best === null ? one.best : one === best;
  return /^\d+$/.test(base) ? one.step === Number(base) : one.path === base;
}
