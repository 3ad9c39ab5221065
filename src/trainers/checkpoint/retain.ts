import type { Keeping } from './line.js';

/** A checkpoint of this training, as far as keeping it goes. */
export interface Kept {
  step: number;
  /** Its validation loss; null where none was measured. */
  loss: number | null;
}

/** Those to give up, oldest first: all but the newest and those with the least loss; of equal ones the earlier is. */
export function surplus(line: readonly Kept[], { last, best }: Keeping): Kept[] {
  const newestFirst = line.toSorted((a, b) => b.step - a.step);
  const bestFirst = line
    .filter((one): one is Kept & { loss: number } => one.loss !== null && !Number.isNaN(one.loss))
    .sort((a, b) => a.loss - b.loss || a.step - b.step);
  const kept = new Set<Kept>([...newestFirst.slice(0, last), ...bestFirst.slice(0, best)]);
  return newestFirst.filter((one) => !kept.has(one)).toReversed();
}
