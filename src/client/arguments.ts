import { parseArgs } from 'node:util';
import { ClientError } from './errors.js';
import { laterFlag } from './later.js';

/** One flag of a verb: how it is written, what it is for, and what its words mean. */
export interface Flag<T> {
  short?: string;
  /** What stands for the value in help; absent: a switch. */
  value?: string;
  /** Its value may begin with `--`, as words for another program do. */
  dashes?: true;
  about: string;
  /** The flag's value from every word it was given, in order; none when it was not given. Throws ClientError. */
  read(words: readonly string[], now: number): T;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;
export type Values<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

export const toggle = (about: string, short?: string): Flag<boolean> => ({
  about,
  ...(short && { short }),
  read: (words) => words.length > 0,
});

export const list = (value: string, about: string): Flag<string[]> => ({
  value,
  about,
  read: (words) => [...words],
});

/** Given at most once, or the last one counts. */
export const one = <T>(
  value: string,
  about: string,
  parse: (word: string, now: number) => T,
  short?: string,
): Flag<T | undefined> => ({
  value,
  about,
  ...(short && { short }),
  read: (words, now) => (words.length === 0 ? undefined : parse(words.at(-1)!, now)),
});

export const text = (value: string, about: string, short?: string): Flag<string | undefined> =>
  one(value, about, (word) => word, short);

export const whole = (value: string, about: string, min: number, max: number, short?: string) =>
  one(value, about, (word) => wholeNumber(word, min, max), short);

export function wholeNumber(word: string, min: number, max: number): number {
  const number = /^[+-]?\d{1,16}$/.test(word) ? Number(word) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= min && number <= max) return number;
  throw new ClientError('usage', `${JSON.stringify(word)} is not a whole number from ${min} to ${max}`);
}

/** The words of a command line, sorted; nothing is understood yet. */
export interface Split {
  /** By long name: the words given to each flag, '' for a switch. */
  flags: Map<string, string[]>;
  operands: string[];
  /** What stands behind `--`. */
  command: string[] | null;
  /** As typed, e.g. `--tme`. */
  unknown: string[];
  /** Place of the first operand in the words. */
  firstOperand: number | null;
}

/** Throws ClientError for a switch with a value and a flag without one. */
export function split(words: readonly string[], flags: Flags): Split {
  const end = words.indexOf('--');
  const before = end < 0 ? [...words] : words.slice(0, end);
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short && { short }) },
    ]),
  );
  const { tokens } = parseArgs({ args: wholeWords(before), options, strict: false, tokens: true });
  const result: Split = {
    flags: new Map(),
    operands: [],
    command: end < 0 ? null : words.slice(end + 1),
    unknown: [],
    firstOperand: null,
  };
  for (const token of tokens) {
    if (token.kind === 'positional') {
      result.operands.push(token.value);
      result.firstOperand ??= token.index;
    } else if (token.kind === 'option') {
      const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
      if (flag === undefined) result.unknown.push(token.rawName);
      else give(result.flags, token.name, valueFor(flag, token));
    }
  }
  return result;
}

/** What the flags mean. `where` names their place in errors, e.g. `line 3: `. Throws ClientError. */
export function read<F extends Flags>(
  flags: F,
  given: ReadonlyMap<string, readonly string[]>,
  now: number,
  where = '',
): Values<F> {
  const entries = Object.entries(flags).map(([name, flag]) => {
    try {
      return [name, flag.read(given.get(name) ?? [], now)];
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      throw new ClientError(error.code, `${where}--${name}: ${error.message}`, error.hint);
    }
  });
  // One entry for each flag, made by that flag: fromEntries cannot say so.
  return Object.fromEntries(entries) as Values<F>;
}

/** Throws what is to be said about flags that the verb does not have. */
export function refuseUnknown(verb: string, unknown: readonly string[], flags: Flags): void {
  const [first] = unknown;
  if (first === undefined) return;
  const later = laterFlag(first);
  if (later !== null) throw later;
  const near = nearest(first.replace(/^-+/, ''), Object.keys(flags));
  throw new ClientError(
    'usage',
    `unknown flag ${first}`,
    near === null ? `expctl help ${verb} lists the flags` : `did you mean --${near}?`,
  );
}

export const give = (flags: Map<string, string[]>, name: string, word: string): void => {
  flags.set(name, [...(flags.get(name) ?? []), word]);
};

/** The known word that was probably meant: at most two slips away, fewer for short words. */
export function nearest(word: string, known: readonly string[]): string | null {
  const limit = word.length <= 3 ? 1 : 2;
  const ranked = known
    .map((candidate) => ({ candidate, slips: distance(word, candidate) }))
    .filter(({ slips }) => slips <= limit)
    .sort((a, b) => a.slips - b.slips);
  return ranked[0]?.candidate ?? null;
}

/** Flags of one dash and several letters that are words, not bundles of letters: Hydra's. */
const WHOLE_WORDS: Readonly<Record<string, string>> = {
  '-cp': '--config-path',
  '-cn': '--config-name',
  '-cd': '--config-dir',
};

const wholeWords = (words: readonly string[]): string[] =>
  words.map((word) => word.replace(/^-c[pnd](?=$|=)/, (short) => WHOLE_WORDS[short] ?? short));

interface Option {
  rawName: string;
  value: string | undefined;
  inlineValue: boolean | undefined;
}

function valueFor(flag: Flag<unknown>, { rawName, value, inlineValue }: Option): string {
  if (flag.value === undefined) {
    if (value !== undefined)
      throw new ClientError('usage', `${rawName} takes no value`, `write just ${rawName}`);
    return '';
  }
  // `--name --hold`: a value that was forgotten, not a name.
  if (value === undefined || (inlineValue === false && value.startsWith('--') && !flag.dashes))
    throw new ClientError('usage', `${rawName} needs a value`, `write ${rawName} ${flag.value}`);
  return value;
}

/** Levenshtein's, with two rows. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
