/** The options that a launcher takes before what it launches. */
export interface Options {
  /** Alone: `'v verbose'`, short ones as letters. */
  flags: ReadonlySet<string>;
  /** With a value, in the same word or the next. */
  valued: ReadonlySet<string>;
  /** A unique beginning of a long name does (argparse, getopt_long). */
  abbreviated?: boolean;
  /** The first of these ends the options: Python's `-c` and `-m`. */
  last?: ReadonlySet<string>;
}

export interface Read {
  /** Index of the first word that is no option; the number of words where there is none. */
  at: number;
  /** Values by name, `''` for a flag; dashes within names, never underscores. */
  given: ReadonlyMap<string, string>;
}

export const names = (text: string): ReadonlySet<string> =>
  new Set(text.split(/\s+/).filter((name) => name !== ''));

/** Reads options from `words[from]` up to the first operand, as getopt and argparse do. */
export function readOptions(words: readonly string[], from: number, options: Options): Read {
  const given = new Map<string, string>();
  let at = from;
  while (at < words.length) {
    const word = words[at]!;
    if (word === '--') return { at: at + 1, given };
    if (!/^-./.test(word)) return { at, given };
    at++;
    const taken = word.startsWith('--')
      ? longOption(word.slice(2), words[at], options, given)
      : shortOptions(word.slice(1), words[at], options, given);
    if (taken.value) at++;
    if (taken.last) break;
  }
  return { at, given };
}

interface Taken {
  /** The next word was the option's value. */
  value: boolean;
  last: boolean;
}

function longOption(
  word: string,
  next: string | undefined,
  options: Options,
  given: Map<string, string>,
): Taken {
  const equals = word.indexOf('=');
  const written = (equals === -1 ? word : word.slice(0, equals)).replaceAll('_', '-');
  const name = options.abbreviated ? whole(written, options) : written;
  if (equals !== -1) {
    given.set(name, word.slice(equals + 1));
    return { value: false, last: false };
  }
  const value = options.valued.has(name) || (!options.flags.has(name) && looksLikeValue(next));
  given.set(name, value ? (next ?? '') : '');
  return { value, last: options.last?.has(name) === true };
}

/** `-abc`: flags and, at the end, one with its value, in this word or the next. */
function shortOptions(
  letters: string,
  next: string | undefined,
  options: Options,
  given: Map<string, string>,
): Taken {
  for (let n = 0; n < letters.length; n++) {
    const name = letters[n]!;
    if (!options.valued.has(name)) {
      given.set(name, '');
      continue;
    }
    const rest = letters.slice(n + 1);
    given.set(name, rest === '' ? (next ?? '') : rest);
    return { value: rest === '', last: options.last?.has(name) === true };
  }
  return { value: false, last: false };
}

function whole(beginning: string, { flags, valued }: Options): string {
  if (flags.has(beginning) || valued.has(beginning)) return beginning;
  const matches = [...flags, ...valued].filter((name) => name.length > 1 && name.startsWith(beginning));
  return matches.length === 1 ? matches[0]! : beginning;
}

/** Behind an option that we do not know: what cannot be a script is its value. */
const looksLikeValue = (next: string | undefined): boolean =>
  next !== undefined && !next.startsWith('-') && !/\.py$/.test(next);
