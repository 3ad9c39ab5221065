import type { Metric } from '../run/submission.js';
import type { Candidate } from './candidate.js';
import { isBase, lineFirst } from './line.js';
import { bestOf, newestFirst } from './rank.js';

/** Which checkpoints of a run are kept; 0 = that rule keeps none. */
export interface Retention {
  last: number;
  best: number;
  /** Of which the step is a multiple of this. */
  every: number;
  /** Also those that other stacks wrote are removed; without it only `plain` ones. */
  foreign: boolean;
}

/** What is known of the run beside its checkpoints. */
export interface Standing {
  metric: Metric | null;
  /** Paths of those that the run's newest line wrote: newer than all others, whatever their step. */
  line: ReadonlySet<string>;
  /** What that line goes on from while it has none of its own; see Line. */
  base: string | null;
  /** Paths of those that were read whole and are sound. */
  whole: ReadonlySet<string>;
  /** Paths of those that were read and must not be used. */
  damaged: ReadonlySet<string>;
  pinned: ReadonlySet<string>;
  /** The one that the live attempt resumed from, or the next one is about to. */
  inUse: ReadonlySet<string>;
  /** Another run that came from it, or is to come, or null. */
  neededBy(path: string): number | null;
}

/** Why each complete checkpoint is kept; those without a reason may go. Pure. `rules` null: nothing ever goes. */
export function keptWhy(
  candidates: readonly Candidate[],
  rules: Retention | null,
  standing: Standing,
): Map<Candidate, string[]> {
  const complete = lineFirst(newestFirst(candidates), standing.line).filter(
    ({ missing }) => missing === null,
  );
  if (rules === null) return allKept(complete, standing);
  const newestWhole = complete.findIndex(({ path }) => standing.whole.has(path));
  const usable = complete.filter(({ path }) => !standing.damaged.has(path));
  const lasts = new Set(usable.slice(0, rules.last));
  const bests = new Set(bestFew(usable, rules.best, standing.metric));
  const everies = new Set(usable.filter(({ step }) => step !== null && step % rules.every === 0));
  const [best = null] = bestFew(usable, 1, standing.metric);
  const base = usable.some(({ path }) => standing.line.has(path) && standing.whole.has(path))
    ? null
    : standing.base;
  return new Map(
    complete.map((one, n) => {
      const { path, preset } = one;
      const needed = standing.neededBy(path);
      const reasons = [
        // Until one is known to be whole, any of them may be the only one.
        newestWhole === -1 && 'none has been read whole yet',
        n === newestWhole && 'newest that is whole',
        n < newestWhole && 'newer than the newest that is whole',
        (standing.inUse.has(path) || isBase(one, base, best)) && 'resumed from',
        needed !== null && `run ${needed} came from it`,
        standing.pinned.has(path) && 'pinned',
        !rules.foreign && preset !== 'plain' && 'written by another stack',
        lasts.has(one) && `last ${rules.last}`,
        bests.has(one) && `best ${standing.metric?.name}`,
        everies.has(one) && `every ${rules.every}`,
      ];
      return [one, reasons.filter((reason) => reason !== false)];
    }),
  );
}

const allKept = (complete: readonly Candidate[], { pinned }: Standing): Map<Candidate, string[]> =>
  new Map(complete.map((one) => [one, ['retention is off', ...(pinned.has(one.path) ? ['pinned'] : [])]]));

function bestFew(complete: readonly Candidate[], count: number, metric: Metric | null): Candidate[] {
  const left = [...complete];
  const found: Candidate[] = [];
  while (metric !== null && found.length < count) {
    const best = bestOf(left, metric);
    if (best === null) break;
    found.push(best);
    left.splice(left.indexOf(best), 1);
  }
  return found;
}

const COUNTED = ['last', 'best', 'every'] as const;

/** `off`, or `last 2, best 1, every 1000, foreign`. @throws a sentence */
export function parseRetention(text: string): Retention | null {
  if (text === 'off') return null;
  const rules: Retention = { last: 0, best: 0, every: 0, foreign: false };
  for (const part of text.split(',').map((word) => word.trim())) {
    const [word, count = ''] = part.split(' ');
    const rule = COUNTED.find((name) => name === word);
    if (part === 'foreign') rules.foreign = true;
    else if (rule !== undefined && /^[1-9]\d{0,8}$/.test(count) && part === `${rule} ${count}`)
      rules[rule] = Number(count);
    else throw new Error(`${JSON.stringify(text)} is neither off nor like "last 2, best 1, every 1000"`);
  }
  if (rules.last + rules.best + rules.every === 0)
    throw new Error(`${JSON.stringify(text)} keeps nothing: say last N, best N or every N`);
  return rules;
}
