import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { clock, type GitAnswer, git, gits } from './run-git.js';

/** git's view of a tree; paths are relative to `toplevel`. */
export type CodeSnapshot = KnownCode | { known: false; why: string };

export interface KnownCode {
  known: true;
  toplevel: string;
  /** Empty before the first commit. */
  commit: string;
  /** Empty on a detached HEAD. */
  branch: string;
  remote: string;
  dirty: boolean;
  /** `git diff HEAD --binary`; null when clean or larger than 3 MiB. */
  diff: Buffer | null;
  diffOmitted: boolean;
  /** Names, sizes and times of what no diff tells of. */
  traces: string[];
  /** What differs from the commit, untracked files last; at most 1,000. */
  changedFiles: string[];
}

export interface GitOptions {
  /** All of it together; what is not known by then is not known. */
  limitMs?: number;
  env?: Readonly<Record<string, string | undefined>>;
}

const LIMIT_MS = 2_000;
const DIFF_BYTES = 3 << 20;
const LISTED = 1_000;
/** With more untracked files than this (a data set in the tree) none is looked at. */
const UNTRACKED = 2_000;
const LIST_BYTES = 1 << 20;
const NAMES_BYTES = 4 << 20;
/** What runs leave behind in a tree is not code, ignored by git or not. */
const NOT_CODE = [
  'outputs',
  'multirun',
  'wandb',
  'mlruns',
  'lightning_logs',
  '__pycache__',
  '.venv',
  'node_modules',
];

/** The state of the tree at `directory`. Never throws: what cannot be known is said. */
export async function codeState(directory: string, options: GitOptions = {}): Promise<CodeSnapshot> {
  const { limitMs = LIMIT_MS, env = process.env } = options;
  const how = { cwd: directory, env, until: clock() + limitMs };
  const [place, differing, others, remote] = await gits(
    [
      { args: PLACE, maxBytes: LIST_BYTES },
      { args: [...DIFF, ...CHANGES, 'HEAD'], maxBytes: NAMES_BYTES + DIFF_BYTES, long: true },
      { args: [...LIST_OTHERS, '--', ':/'], maxBytes: LIST_BYTES, long: true },
      { args: ['config', '--get', 'remote.origin.url'], maxBytes: LIST_BYTES },
    ],
    how,
  );
  const status = UNBORN.test(place.stderr) ? await git(STATUS, { ...how, maxBytes: NAMES_BYTES }) : null;
  const unknown = whyUnknown(status === null ? [place, named(differing)] : [status], [others], limitMs);
  if (unknown !== null) return { known: false, why: unknown };
  const [toplevel = '', commit = '', head = ''] = place.stdout.toString().split('\n');
  const { branch, changed, diff } = status === null ? changes(head, differing) : beforeFirstCommit(status);
  const untracked = listed(others);
  const diffOmitted = changed.length > 0 && diff === null;
  return {
    known: true,
    toplevel,
    commit: status === null ? commit : '',
    branch,
    remote: remote.end === 'ok' ? remote.stdout.toString().trim() : '',
    dirty: changed.length + untracked.length > 0,
    diff,
    diffOmitted,
    traces: await traces(toplevel, diffOmitted ? [...changed, ...untracked] : untracked),
    changedFiles: [...changed, ...untracked].slice(0, LISTED),
  };
}

/** Top level, commit, and the branch by its full name or, detached, `HEAD`. */
const PLACE = ['rev-parse', '--show-toplevel', 'HEAD', '--symbolic-full-name', 'HEAD'];
/** git's own words, in English; the top level is told all the same. */
const UNBORN = /ambiguous argument 'HEAD'/;

/** The same whatever the user's configuration makes of diffs; renames are an end and a beginning. */
export const DIFF = [
  'diff',
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--no-renames',
  '--src-prefix=a/',
  '--dst-prefix=b/',
] as const;

/** First the names of what differs, then how. */
const CHANGES = ['--binary', '--raw', '-z', '--patch'] as const;

const STATUS = [
  'status',
  '--porcelain=v2',
  '-z',
  '--branch',
  '--untracked-files=no',
  '--no-renames',
] as const;

const LIST_OTHERS = [
  'ls-files',
  '--others',
  '--exclude-standard',
  '--full-name',
  '-z',
  ...NOT_CODE.map((name) => `--exclude=${name}/`),
] as const;

function whyUnknown(needed: GitAnswer[], wanted: GitAnswer[], limitMs: number): string | null {
  const bad =
    needed.find((answer) => answer.end !== 'ok') ?? wanted.find((answer) => answer.end === 'overdue');
  switch (bad?.end) {
    case undefined:
      return null;
    case 'missing':
      return 'git is not installed';
    case 'overdue':
      return `git took longer than ${limitMs / 1000} s`;
    case 'too_long':
      return 'too many changed files';
    case 'failed':
      return /not a git repository/i.test(bad.stderr) ? 'not in a git repository' : firstLine(bad.stderr);
  }
  return null;
}

const firstLine = (text: string): string =>
  text
    .split('\n')[0]!
    .replace(/^fatal: /, '')
    .slice(0, 200) || 'git failed';

interface Changes {
  branch: string;
  changed: string[];
  /** null when there is none or it is too long. */
  diff: Buffer | null;
}

/** Of git-diff(1), "Raw output format" with -z: `:modes hashes status` and a path each, NUL-ended; a NUL before the patch. */
function changes(head: string, { end, stdout }: GitAnswer): Changes {
  const split = namesEnd(stdout);
  const names = stdout.subarray(0, split).toString().split('\0');
  const diff = stdout.subarray(split + 1);
  return {
    branch: head.startsWith('refs/heads/') ? head.slice('refs/heads/'.length) : '',
    // An unmerged file is told twice.
    changed: [...new Set(names.filter((_, n) => n % 2 === 1))],
    diff: end === 'ok' && diff.length > 0 && diff.length <= DIFF_BYTES ? diff : null,
  };
}

/** A diff that is too long is none, as long as its names are all there. */
const named = (differing: GitAnswer): GitAnswer =>
  differing.end === 'too_long' && namesEnd(differing.stdout) < differing.stdout.length
    ? { ...differing, end: 'ok' }
    : differing;

/** Where the names end: behind a NUL that no other `:` follows. */
function namesEnd(output: Buffer): number {
  let at = 0;
  while (output[at] === COLON) {
    const path = output.indexOf(0, at) + 1;
    const end = path === 0 ? -1 : output.indexOf(0, path);
    if (end < 0) return output.length;
    at = end + 1;
  }
  return at;
}

const COLON = 0x3a;

/** git-status(1), "Porcelain Format Version 2" with -z: what is to be committed. There is nothing to differ from. */
function beforeFirstCommit({ stdout }: GitAnswer): Changes {
  const entries = stdout.toString().split('\0');
  const head = entries.find((entry) => entry.startsWith('# branch.head ')) ?? '';
  return {
    branch: head.slice('# branch.head '.length),
    // Eight fields before the path.
    changed: entries
      .filter((entry) => entry.startsWith('1 '))
      .map((entry) => entry.split(' ').slice(8).join(' ')),
    diff: null,
  };
}

function listed(others: GitAnswer): string[] {
  const names = others.end === 'ok' ? others.stdout.toString().split('\0').slice(0, -1) : [];
  return names.length > UNTRACKED ? [] : names.sort();
}

const traces = (toplevel: string, paths: readonly string[]): Promise<string[]> =>
  Promise.all(
    paths.slice(0, UNTRACKED).map(async (path) => {
      const found = await fs.lstat(join(toplevel, path)).catch(() => null);
      return `${path}\0${found?.size}\0${found?.mtimeMs}\0`;
    }),
  );
