import { STATES } from './render/run.js';
import type { Verb } from './verb.js';
import { findVerb, VERBS } from './verbs.js';

/** What is there to be named; asked only where it may stand. */
export interface Names {
  /** Runs and sweeps that may be meant by what begins so. */
  runs(begun: string): Promise<readonly string[]>;
  sweeps(): Promise<readonly string[]>;
}

/** Words that may stand where the last of `words` stands. */
export async function candidates(words: readonly string[], names: Names): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  // A command of one's own is completed by the shell.
  if (before.includes('--')) return [];
  const all = await possible(before, current, names);
  return all.filter((word) => word.startsWith(current));
}

async function possible(
  before: readonly string[],
  current: string,
  names: Names,
): Promise<readonly string[]> {
  const found = findVerb(before);
  if (found === null) return verbsAfter(before);
  const { verb, length } = found;
  const given = before.slice(length);
  const waiting = given.at(-1);
  if (waiting?.startsWith('--') && takesValue(verb, waiting)) return valuesOf(waiting, current, names);
  if (current.startsWith('-')) return [...flagsOf(verb), '--json', '--no-start', '--help'];
  const literal = /^[a-z|]+$/.test(verb.operands) ? verb.operands.split('|') : [];
  if (literal.length > 0) return literal;
  if (verb.name === 'help') return verbsAfter([]);
  return verb.operands.includes('RUN') ? names.runs(current) : [];
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

async function valuesOf(flag: string, current: string, names: Names): Promise<readonly string[]> {
  if (flag === '--state') return Object.keys(STATES);
  if (flag === '--sweep') return names.sweeps();
  if (flag === '--after') return names.runs(current);
  if (flag === '--layout') return ['hybrid', 'flat'];
  return [];
}
