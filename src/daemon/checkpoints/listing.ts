import type { StoredCheckpoint } from '../store/stored.js';
import type { Candidate } from './candidate.js';
import { isBase, lineFirst } from './line.js';
import { bestOf, newestFirst } from './rank.js';
import { keptWhy, type Retention, type Standing } from './retention.js';

/** A checkpoint as people look at it. */
export interface Listed {
  /** With the step that its contents say, once it was read. */
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

/** What is known of the run beside its checkpoints and what was read of them. */
export type Around = Omit<Standing, 'whole' | 'damaged' | 'pinned'>;

/** The newest first. Pure. */
export function listing(
  candidates: readonly Candidate[],
  known: readonly StoredCheckpoint[],
  rules: Retention | null,
  around: Around,
): Listed[] {
  const factOf = factsIn(known);
  const damageOf = (one: Candidate): string | null => factOf(one)?.damage ?? null;
  const usable = (one: Candidate): boolean => one.missing === null && !damageOf(one);
  const best = around.metric === null ? null : bestOf(candidates.filter(usable), around.metric);
  const standing = standingOf(candidates, known, around);
  const kept = keptWhy(candidates, rules, standing);
  const ordered = lineFirst(newestFirst(candidates), around.line);
  const next =
    ordered.find((one) => usable(one) && around.line.has(one.path)) ??
    ordered.find((one) => usable(one) && isBase(one, around.base, best));
  return ordered.map((candidate) => ({
    candidate: { ...candidate, step: candidate.step ?? factOf(candidate)?.step ?? null },
    damage: damageOf(candidate),
    pinned: standing.pinned.has(candidate.path),
    best: candidate === best,
    next: candidate === next,
    kept: kept.get(candidate) ?? ['not complete'],
  }));
}

export function standingOf(
  candidates: readonly Candidate[],
  known: readonly StoredCheckpoint[],
  around: Around,
): Standing {
  const factOf = factsIn(known);
  const pathsWhere = (test: (damage: string | null) => boolean): Set<string> =>
    new Set(candidates.filter((one) => test(factOf(one)?.damage ?? null)).map(({ path }) => path));
  return {
    ...around,
    whole: pathsWhere((damage) => damage === ''),
    damaged: pathsWhere((damage) => damage !== null && damage !== ''),
    pinned: new Set(known.filter(({ pinned }) => pinned).map(({ path }) => path)),
  };
}

/** What was read of a candidate, as it lies there now; null: nothing. */
function factsIn(known: readonly StoredCheckpoint[]): (one: Candidate) => StoredCheckpoint | null {
  const facts = new Map(known.map((one) => [one.path, one]));
  return (one) => {
    const fact = facts.get(one.path);
    return fact !== undefined && isSame(fact, one) ? fact : null;
  };
}

/** Whether what was read is what lies there now. */
export const isSame = (
  fact: Pick<StoredCheckpoint, 'bytes' | 'writtenAt'>,
  one: Pick<Candidate, 'bytes' | 'writtenAt'>,
): boolean => fact.bytes === one.bytes && fact.writtenAt === one.writtenAt;
