import { nameProblem } from '../../program/name.js';
import { UserError } from '../errors.js';
import { experimentProblem } from '../run/experiment.js';
import { PRIORITY_MAX, PRIORITY_MIN } from '../run/run.js';

/** What each field of a submission or an edit may be. All throw UserError `usage`. */

/** execve(2): MAX_ARG_STRLEN, with the final NUL. */
const LONGEST_ARGUMENT = 128 * 1024 - 1;
const ALL_ARGUMENTS = 1024 * 1024;
const LONGEST_PATH = 4095;
const LONGEST_NOTE = 10_000;
const MOST_TAGS = 100;
const MOST_RETRIES = 10_000;
const LONGEST_KEY = 256;
const MOST_JOBS = 1_000_000;
const MOST_OVERRIDES = 1000;
const ALL_OVERRIDES = 64 * 1024;
const DAY_MS = 86_400_000;
const YEAR_MS = 366 * DAY_MS;

export function checkedArgv(argv: readonly string[]): string[] {
  const [program] = argv;
  if (program === undefined || program === '') throw usage('there is no command to run', 'put it after --');
  const sizes = argv.map((word) => Buffer.byteLength(word));
  const longest = sizes.findIndex((size) => size > LONGEST_ARGUMENT);
  if (longest >= 0)
    throw usage(
      `argument ${longest} has ${sizes[longest]} bytes, the kernel takes ${LONGEST_ARGUMENT}`,
      FILE,
    );
  const all = sizes.reduce((sum, size) => sum + size + 1, 0);
  if (all > ALL_ARGUMENTS) throw usage(`the command has ${all} bytes, at most ${ALL_ARGUMENTS} go`, FILE);
  if (argv.some((word) => word.includes('\0')))
    throw usage('an argument holds a NUL, which no program can get');
  return [...argv];
}

const FILE = 'put long values into a file';

/** `what`: "working directory". */
export function checkedPath(path: string, what: string): string {
  if (!path.startsWith('/')) throw usage(`the ${what} ${shown(path)} is not an absolute path`);
  if (Buffer.byteLength(path) > LONGEST_PATH) throw usage(`the ${what} is longer than ${LONGEST_PATH} bytes`);
  if (path.includes('\0')) throw usage(`the ${what} holds a NUL`);
  return path;
}

export function checkedName(name: string): string {
  const problem = nameProblem(name);
  if (problem !== null) throw usage(problem, 'names have 1 to 128 of A-Z a-z 0-9 . _ -');
  return name;
}

/** Groups are named like runs. */
export function checkedGroup(name: string): string {
  const problem = nameProblem(name);
  if (problem !== null) throw usage(problem.replace('the name', 'the group'), 'expctl groups lists them');
  return name;
}

export function checkedTags(tags: readonly string[]): string[] {
  const bad = tags.find((tag) => !/^[^\s,\p{C}]{1,64}$/u.test(tag));
  if (bad !== undefined)
    throw usage(`${shown(bad)} is no tag`, '1 to 64 characters without blanks and commas');
  if (tags.length > MOST_TAGS) throw usage(`${tags.length} tags, at most ${MOST_TAGS} go`);
  return [...new Set(tags)];
}

export function checkedNote(note: string): string {
  if (note.length > LONGEST_NOTE)
    throw usage(`the note has ${note.length} characters, at most ${LONGEST_NOTE} go`);
  return note;
}

export function checkedKey(key: string): string {
  if (Buffer.byteLength(key) > LONGEST_KEY || /\p{Cc}/u.test(key))
    throw usage(`${shown(key)} is no key`, `at most ${LONGEST_KEY} bytes without control characters`);
  return key;
}

export const checkedPriority = (priority: number): number =>
  within('the priority', priority, PRIORITY_MIN, PRIORITY_MAX);

export const checkedRetries = (retries: number): number => within('retries', retries, 0, MOST_RETRIES);

/** 0 = no limit. */
export const checkedTimeLimit = (ms: number): number | null =>
  ms === 0 ? null : within('the time limit in milliseconds', ms, 1, 10 * YEAR_MS);

export const checkedGrace = (ms: number): number => within('the grace in milliseconds', ms, 0, DAY_MS);

/** Unix ms; 0 = at once. */
export const checkedBegin = (at: number): number | null =>
  at === 0 ? null : within('the begin in Unix milliseconds', at, 1, Number.MAX_SAFE_INTEGER);

/** What the curves of a run are kept under, as chosen; null: nobody chose. */
export function checkedExperiment(id: string): string | null {
  const problem = id === '' ? null : experimentProblem(id);
  if (problem !== null) throw usage(problem, 'it names a directory of outputs/tensorboard');
  return id === '' ? null : id;
}

/** As they were written; for display and for telling jobs apart. */
export function checkedOverrides(overrides: readonly string[]): string[] {
  const bytes = overrides.reduce((sum, word) => sum + Buffer.byteLength(word), 0);
  if (overrides.length > MOST_OVERRIDES || bytes > ALL_OVERRIDES)
    throw usage(
      `${overrides.length} overrides of ${bytes} bytes, at most ${MOST_OVERRIDES} of ${ALL_OVERRIDES} go`,
      'put them into a configuration',
    );
  return [...overrides];
}

export function checkedExits(codes: readonly number[]): number[] {
  for (const code of codes) within('an exit code that asks for another run', code, 1, 255);
  return [...new Set(codes)];
}

/** Of a sweep; 0 = no limit. */
export const checkedParallel = (jobs: number): number =>
  within('the number of jobs at a time', jobs, 0, MOST_JOBS);
/** Of a sweep; 0 = never. */
export const checkedFailures = (jobs: number): number =>
  within('the number of failed jobs that hold the rest', jobs, 0, MOST_JOBS);

export function within(what: string, value: number, min: number, max: number): number {
  if (value < min || value > max) throw usage(`${what} is ${value}, it goes from ${min} to ${max}`);
  return value;
}

export const shown = (text: string): string =>
  JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

const usage = (message: string, hint = ''): UserError => new UserError('usage', message, hint);
