import type { Random } from '../../../helpers/random.js';

/** True in `n` of 100 cases. */
export const percent = (random: Random, n: number): boolean => random.upTo(99) < n;

/** `least` to `most` of something. */
export const between = <T>(random: Random, least: number, most: number, make: () => T): T[] =>
  Array.from({ length: least + random.upTo(most - least) }, make);

/** Up to `most` of something. */
export const some = <T>(random: Random, most: number, make: () => T): T[] => between(random, 0, most, make);

/** One of several makers; one that is named more often comes more often. */
export const oneOf = <T>(random: Random, ...makers: readonly (() => T)[]): T => random.of(makers)();

/** Words that are separated by blanks. */
export const words = (text: string): readonly string[] => text.split(/\s+/).filter(Boolean);

/** A text with a character lost, doubled, replaced or put in. */
export function damaged(random: Random, text: string, signs: readonly string[]): string {
  const at = random.upTo(text.length);
  const sign = random.of(signs);
  return oneOf(
    random,
    () => text.slice(0, at) + text.slice(at + 1),
    () => text.slice(0, at) + sign + text.slice(at),
    () => text.slice(0, at) + sign + text.slice(at + 1),
    () => text.slice(0, at) + text.slice(Math.max(0, at - 1)),
  );
}
