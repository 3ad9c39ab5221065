/**
 * What Hydra reads from the words that a Hydra application gets: the options of its `get_args_parser`, taken as by argparse,
 * of whose versions none differs for what people write.
 */
export interface HydraFlags {
  help: boolean;
  hydraHelp: boolean;
  run: boolean;
  multirun: boolean;
  resolve: boolean;
  shellCompletion: boolean;
  cfg: string | null;
  info: string | null;
  package: string | null;
  configPath: string | null;
  configName: string | null;
  configDir: string | null;
  experimentalRerun: string | null;
  /** The positional words, in their order. */
  overrides: string[];
}

export type ReadFlags =
  | { kind: 'flags'; flags: HydraFlags }
  /** `--version`: printed, and nothing else done. */
  | { kind: 'version' }
  /** argparse ends with a usage error; `why` is a sentence without a full stop. */
  | { kind: 'refused'; why: string };

type Switch = { [Key in keyof HydraFlags]: HydraFlags[Key] extends boolean ? Key : never }[keyof HydraFlags];
type Valued = {
  [Key in keyof HydraFlags]: HydraFlags[Key] extends string | null ? Key : never;
}[keyof HydraFlags];

type Option = { names: readonly string[] } & (
  | { takes: 'nothing'; sets: Switch | 'version' }
  | { takes: 'one'; sets: Valued; choices?: readonly string[] }
  | { takes: 'oneOrNone'; sets: Valued; choices: readonly string[]; otherwise: string }
);

const INFO = ['all', 'config', 'defaults', 'defaults-tree', 'plugins', 'searchpath'];

/** In the order of Hydra's parser. */
const OPTIONS: readonly Option[] = [
  { names: ['--help', '-h'], takes: 'nothing', sets: 'help' },
  { names: ['--hydra-help'], takes: 'nothing', sets: 'hydraHelp' },
  { names: ['--version'], takes: 'nothing', sets: 'version' },
  { names: ['--cfg', '-c'], takes: 'one', sets: 'cfg', choices: ['job', 'hydra', 'all'] },
  { names: ['--resolve'], takes: 'nothing', sets: 'resolve' },
  { names: ['--package', '-p'], takes: 'one', sets: 'package' },
  { names: ['--run', '-r'], takes: 'nothing', sets: 'run' },
  { names: ['--multirun', '-m'], takes: 'nothing', sets: 'multirun' },
  { names: ['--shell-completion', '-sc'], takes: 'nothing', sets: 'shellCompletion' },
  { names: ['--config-path', '-cp'], takes: 'one', sets: 'configPath' },
  { names: ['--config-name', '-cn'], takes: 'one', sets: 'configName' },
  { names: ['--config-dir', '-cd'], takes: 'one', sets: 'configDir' },
  { names: ['--experimental-rerun'], takes: 'one', sets: 'experimentalRerun' },
  { names: ['--info', '-i'], takes: 'oneOrNone', sets: 'info', choices: INFO, otherwise: 'all' },
];

const BY_NAME = new Map(OPTIONS.flatMap((option) => option.names.map((name) => [name, option] as const)));

/** A word as argparse classes it before it takes any. */
type Word =
  | { kind: 'operand' }
  | { kind: 'separator' }
  | { kind: 'unknown' }
  | { kind: 'option'; option: Option; name: string; value: string | null };

class Refusal extends Error {}

/** Reads the words behind the program's name. */
export function readFlags(words: readonly string[]): ReadFlags {
  try {
    return take(words, classed(words));
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', why: error.message };
    throw error;
  }
}

/** The words that Hydra reads as these flags. */
export function writeFlags(flags: HydraFlags): string[] {
  const words = OPTIONS.flatMap((option) => {
    if (option.sets === 'version') return [];
    const value = flags[option.sets];
    if (value === null || value === false) return [];
    return [value === true ? option.names[0]! : `${option.names[0]}=${value}`];
  });
  // Behind `--` a word is an override, whatever it begins with.
  const separator = flags.overrides.some((word) => word.startsWith('-')) ? ['--'] : [];
  return [...words, ...separator, ...flags.overrides];
}

function classed(words: readonly string[]): Word[] {
  const separator = words.indexOf('--');
  const options = separator === -1 ? words : words.slice(0, separator);
  return words.map((word, at) =>
    at < options.length ? classOf(word) : at === separator ? { kind: 'separator' } : { kind: 'operand' },
  );
}

function classOf(word: string): Word {
  if (!/^-./s.test(word)) return { kind: 'operand' };
  const exact = BY_NAME.get(word);
  if (exact !== undefined) return { kind: 'option', option: exact, name: word, value: null };
  const equals = word.indexOf('=');
  const assigned = equals === -1 ? undefined : BY_NAME.get(word.slice(0, equals));
  if (assigned !== undefined) {
    const [name, value] = [word.slice(0, equals), word.slice(equals + 1)];
    // Pythons before 3.13 take `-m=r` for `-m -r`; later ones refuse it, and so do we.
    return { kind: 'option', option: assigned, name, value: assigned.takes === 'nothing' ? '=' : value };
  }
  const meant = word.startsWith('--') ? longMeant(word) : shortMeant(word);
  if (meant.length > 1) throw new Refusal(`${word} could be ${meant.map(({ name }) => name).join(' or ')}`);
  if (meant.length === 1) return { kind: 'option', ...meant[0]! };
  // A negative number, and what no option can be called.
  return { kind: /^-\d+$|^-\d*\.\d+$| /.test(word) ? 'operand' : 'unknown' };
}

type Meant = Omit<Extract<Word, { kind: 'option' }>, 'kind'>;

/** Options whose long name begins with a word, which may end in `=value`. */
function longMeant(word: string): Meant[] {
  const equals = word.indexOf('=');
  const beginning = equals === -1 ? word : word.slice(0, equals);
  const value = equals === -1 ? null : word.slice(equals + 1);
  return [...BY_NAME]
    .filter(([name]) => name.startsWith(beginning))
    .map(([name, option]) => ({ option, name, value }));
}

/** Options of one letter with something behind it, and those of two letters that a word begins. */
function shortMeant(word: string): Meant[] {
  return [...BY_NAME].flatMap(([name, option]): Meant[] => {
    if (name === word.slice(0, 2)) return [{ option, name, value: word.slice(2) }];
    return name.startsWith(word) ? [{ option, name, value: null }] : [];
  });
}

function take(words: readonly string[], classes: readonly Word[]): ReadFlags {
  const flags = nothingGiven();
  const extras: string[] = [];
  let taken = false;
  let at = 0;
  while (at < words.length) {
    const word = classes[at]!;
    if (word.kind === 'unknown') extras.push(words[at++]!);
    else if (word.kind === 'option') {
      const read = takeOption(words, classes, at, word, flags);
      if (read === 'version') return { kind: 'version' };
      at = read;
    } else {
      // The first row of them are the overrides; argparse has no place for a second.
      const end = rowEnd(classes, at);
      const row = words.slice(at, end);
      if (taken) extras.push(...row);
      else flags.overrides = withoutSeparator(row);
      taken = true;
      at = end;
    }
  }
  if (extras.length === 0) return { kind: 'flags', flags };
  throw new Refusal(unexpected(extras, flags.overrides));
}

const nothingGiven = (): HydraFlags => ({
  help: false,
  hydraHelp: false,
  run: false,
  multirun: false,
  resolve: false,
  shellCompletion: false,
  cfg: null,
  info: null,
  package: null,
  configPath: null,
  configName: null,
  configDir: null,
  experimentalRerun: null,
  overrides: [],
});

function rowEnd(classes: readonly Word[], start: number): number {
  let at = start;
  while (classes[at]?.kind === 'operand' || classes[at]?.kind === 'separator') at++;
  return at;
}

function withoutSeparator(row: readonly string[]): string[] {
  const separator = row.indexOf('--');
  return row.filter((_, at) => at !== separator);
}

function unexpected(extras: readonly string[], overrides: readonly string[]): string {
  const option = extras.find((word) => word.startsWith('-') && word !== '--');
  if (option !== undefined) return `Hydra has no option ${option}`;
  return `${extras.join(' ')} stands apart from ${overrides.join(' ')}: Hydra takes its overrides in one row`;
}

/** The index behind an option and its value. A word such as `-mr` is several options. */
function takeOption(
  words: readonly string[],
  classes: readonly Word[],
  at: number,
  { option: first, name: firstName, value: firstValue }: Meant,
  flags: HydraFlags,
): number | 'version' {
  const switches: Switch[] = [];
  let [option, name, value] = [first, firstName, firstValue];
  // A letter without a value may be followed by another.
  while (option.takes === 'nothing' && value !== null) {
    if (name.startsWith('--') || value === '') throw new Refusal(`${name} takes no value`);
    const next = BY_NAME.get(`-${value[0]}`);
    if (next === undefined) throw new Refusal(`${name} takes no value`);
    if (option.sets !== 'version') switches.push(option.sets);
    [option, name, value] = [next, `-${value[0]}`, value.slice(1) || null];
  }
  for (const key of switches) flags[key] = true;
  if (option.takes === 'nothing') {
    if (option.sets === 'version') return 'version';
    flags[option.sets] = true;
    return at + 1;
  }
  const follows = value === null && classes[at + 1]?.kind === 'operand';
  const given = value ?? (follows ? words[at + 1]! : option.takes === 'oneOrNone' ? option.otherwise : null);
  if (given === null || given === '--') throw new Refusal(`${name} needs a value`);
  if (option.choices?.includes(given) === false)
    throw new Refusal(`${name} takes one of ${option.choices.join(', ')}, not ${JSON.stringify(given)}`);
  flags[option.sets] = given;
  return at + (follows ? 2 : 1);
}
