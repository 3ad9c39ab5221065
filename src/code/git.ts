import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { type GitAnswer, gits } from './run-git.js';

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
  /** sha256 over commit, diff and the untracked files' names, sizes and times. */
  fingerprint: string;
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
  const overdue = AbortSignal.timeout(limitMs);
  const [place, status, diff, others, remote] = await gits(
    [
      { args: ['rev-parse', '--show-toplevel'], maxBytes: LIST_BYTES },
      {
        args: ['status', '--porcelain=v2', '-z', '--branch', '--untracked-files=no', '--no-renames'],
        maxBytes: 16 << 20,
      },
      { args: [...DIFF, '--binary', 'HEAD'], maxBytes: DIFF_BYTES },
      { args: [...LIST_OTHERS, '--', ':/'], maxBytes: LIST_BYTES },
      { args: ['config', '--get', 'remote.origin.url'], maxBytes: LIST_BYTES },
    ],
    { cwd: directory, env, signal: overdue },
  );
  const unknown = whyUnknown([place, status], [diff, others], limitMs);
  if (unknown !== null) return { known: false, why: unknown };
  const toplevel = place.stdout.toString().replace(/\n$/, '');
  const { commit, branch, changed } = parseStatus(status.stdout.toString());
  const untracked = listed(others);
  const changedDiff = diff.end === 'ok' && diff.stdout.length > 0 ? diff.stdout : null;
  const diffOmitted = changed.length > 0 && changedDiff === null;
  // Loaded while nobody waits: a submission is acknowledged by now.
  const { createHash } = await import('node:crypto');
  const fingerprint = createHash('sha256')
    .update(`${commit}\0`)
    .update(changedDiff ?? '');
  for (const line of await traces(toplevel, diffOmitted ? [...changed, ...untracked] : untracked))
    fingerprint.update(line);
  return {
    known: true,
    toplevel,
    commit,
    branch,
    remote: remote.end === 'ok' ? remote.stdout.toString().trim() : '',
    dirty: changed.length + untracked.length > 0,
    diff: changedDiff,
    diffOmitted,
    fingerprint: fingerprint.digest('hex'),
    changedFiles: [...changed, ...untracked].slice(0, LISTED),
  };
}

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

/** git-status(1), "Porcelain Format Version 2" with -z. */
function parseStatus(text: string): { commit: string; branch: string; changed: string[] } {
  const entries = text.split('\0');
  const header = (name: string): string =>
    entries.find((entry) => entry.startsWith(`# branch.${name} `))?.slice(name.length + 10) ?? '';
  const changed = entries.flatMap((entry) => {
    // Fields before the path: 8 of an ordinary entry, 10 of an unmerged one.
    const fields = entry.startsWith('1 ') ? 8 : entry.startsWith('u ') ? 10 : 0;
    return fields === 0 ? [] : [entry.split(' ').slice(fields).join(' ')];
  });
  const commit = header('oid');
  const branch = header('head');
  return {
    commit: commit === '(initial)' ? '' : commit,
    branch: branch === '(detached)' ? '' : branch,
    changed,
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
