import type { Metric } from '../run/submission.js';
import type { StoredCheckpoint } from '../store/stored.js';
import type { Candidate } from './candidate.js';
import { bestOf, newestFirst } from './rank.js';
import { keptWhy, type Retention, type Standing } from './retention.js';

/** A checkpoint as people look at it. */
export interface Listed {
  candidate: Candidate;
  /** null: not read whole since it was written; empty: whole; else why it must not be used. */
  damage: string | null;
  pinned: boolean;
  best: boolean;
  /** What the next attempt goes on from, if nothing changes. */
  next: boolean;
  /** Why retention leaves it; empty: it does not. */
  kept: readonly string[];
}

/** The newest first. Pure. */
export function listing(
  candidates: readonly Candidate[],
  known: readonly StoredCheckpoint[],
  rules: Retention | null,
  around: { metric: Metric | null } & Pick<Standing, 'inUse' | 'neededBy'>,
): Listed[] {
  const facts = new Map(known.map((one) => [one.path, one]));
  const damageOf = (one: Candidate): string | null => {
    const fact = facts.get(one.path);
    return fact !== undefined && isSame(fact, one) ? fact.damage : null;
  };
  const usable = (one: Candidate): boolean => one.missing === null && !damageOf(one);
  const best = around.metric === null ? null : bestOf(candidates.filter(usable), around.metric);
  const kept = keptWhy(candidates, rules, standingOf(candidates, known, around));
  const ordered = newestFirst(candidates);
  const next = ordered.find(usable);
  return ordered.map((candidate) => ({
    candidate,
    damage: damageOf(candidate),
    pinned: facts.get(candidate.path)?.pinned ?? false,
    best: candidate === best,
    next: candidate === next,
    kept: kept.get(candidate) ?? ['not complete'],
  }));
}

export function standingOf(
  candidates: readonly Candidate[],
  known: readonly StoredCheckpoint[],
  { metric, inUse, neededBy }: { metric: Metric | null } & Pick<Standing, 'inUse' | 'neededBy'>,
): Standing {
  const facts = new Map(known.map((one) => [one.path, one]));
  const whole = candidates.filter((one) => {
    const fact = facts.get(one.path);
    return fact !== undefined && isSame(fact, one) && fact.damage === '';
  });
  return {
    metric,
    whole: new Set(whole.map(({ path }) => path)),
    pinned: new Set(known.filter(({ pinned }) => pinned).map(({ path }) => path)),
    inUse,
    neededBy,
  };
}

/** Whether what was read is what lies there now. */
export const isSame = (
  fact: Pick<StoredCheckpoint, 'bytes' | 'writtenAt'>,
  one: Pick<Candidate, 'bytes' | 'writtenAt'>,
): boolean => fact.bytes === one.bytes && fact.writtenAt === one.writtenAt;
