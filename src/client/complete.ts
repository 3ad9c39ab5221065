import { STATES } from './render/run.js';
import type { Verb } from './verb.js';
import { findVerb, VERBS } from './verbs.js';

/** Words that may stand where the last of `words` stands. `runs` is asked only where a run may stand. */
export async function candidates(
  words: readonly string[],
  runs: () => Promise<readonly string[]>,
): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  // A command of one's own is completed by the shell.
  if (before.includes('--')) return [];
  const all = await possible(before, current, runs);
  return all.filter((word) => word.startsWith(current));
}

async function possible(
  before: readonly string[],
  current: string,
  runs: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const found = findVerb(before);
  if (found === null) return verbsAfter(before);
  const { verb, length } = found;
  const given = before.slice(length);
  const waiting = given.at(-1);
  if (waiting?.startsWith('--') && takesValue(verb, waiting)) return valuesOf(waiting, runs);
  if (current.startsWith('-')) return [...flagsOf(verb), '--json', '--no-start', '--help'];
  const literal = /^[a-z|]+$/.test(verb.operands) ? verb.operands.split('|') : [];
  if (literal.length > 0) return literal;
  if (verb.name === 'help') return verbsAfter([]);
  return verb.operands.includes('RUN') ? runs() : [];
}

/** First words of verbs, or the second ones of `daemon` and its like. */
function verbsAfter(before: readonly string[]): string[] {
  if (before.length === 0)
    return [...new Set(VERBS.flatMap(({ name, aliases = [] }) => [name.split(' ')[0]!, ...aliases]))];
  return VERBS.map(({ name }) => name.split(' ')).flatMap(([first, second]) =>
    first === before[0] && second !== undefined && before.length === 1 ? [second] : [],
  );
}

const flagsOf = (verb: Verb): string[] => Object.keys(verb.flags).map((name) => `--${name}`);

const takesValue = (verb: Verb, flag: string): boolean => verb.flags[flag.slice(2)]?.value !== undefined;

async function valuesOf(flag: string, runs: () => Promise<readonly string[]>): Promise<readonly string[]> {
  if (flag === '--state') return Object.keys(STATES);
  if (flag === '--after') return runs();
  if (flag === '--layout') return ['hybrid', 'flat'];
  return [];
}
