import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintOf } from './fingerprint.js';
import { type CodeSnapshot, DIFF, type GitOptions } from './git.js';
import { clock, git } from './run-git.js';

/** What was kept of a snapshot. */
export interface SubmittedCode {
  commit: string;
  fingerprint: string;
  changedFiles: readonly string[];
  /** null when there was none, or with `diffOmitted` none was kept. */
  diff: Buffer | null;
  diffOmitted: boolean;
  /** Unix ms. */
  at: number;
}

/**
 * Files that are no longer as submitted, sorted, relative to the top level; null where that cannot be known.
 * Exact where both diffs are there, else by modification time.
 */
export async function changedSince(
  submitted: SubmittedCode,
  now: CodeSnapshot,
  options: GitOptions = {},
): Promise<string[] | null> {
  if (!now.known) return null;
  if (fingerprintOf(now) === submitted.fingerprint) return [];
  const committed = await betweenCommits(submitted.commit, now.commit, now.toplevel, options);
  if (committed === null) return null;
  const exact = !submitted.diffOmitted && !now.diffOmitted;
  const before = sections(exact ? submitted.diff : null);
  const after = sections(exact ? now.diff : null);
  const paths = new Set([
    ...committed,
    ...submitted.changedFiles,
    ...now.changedFiles,
    ...before.keys(),
    ...after.keys(),
  ]);
  const verdicts = await Promise.all(
    [...paths].map(async (path): Promise<string[]> => {
      const [old, current] = [before.get(path), after.get(path)];
      if (old !== undefined || current !== undefined) {
        const same = old === current && !committed.has(path);
        return same ? [] : [path];
      }
      const inBoth = submitted.changedFiles.includes(path) && now.changedFiles.includes(path);
      if (!inBoth) return [path];
      return (await modifiedAfter(join(now.toplevel, path), submitted.at)) ? [path] : [];
    }),
  );
  return verdicts.flat().sort();
}

async function betweenCommits(
  from: string,
  to: string,
  cwd: string,
  { limitMs = 2_000, env = process.env }: GitOptions,
): Promise<Set<string> | null> {
  if (from === to) return new Set();
  if (from === '' || to === '') return null;
  const answer = await git([...DIFF, '--name-only', '-z', from, to], {
    cwd,
    env,
    until: clock() + limitMs,
    maxBytes: 16 << 20,
  });
  return answer.end === 'ok' ? new Set(answer.stdout.toString().split('\0').slice(0, -1)) : null;
}

/** A diff by file. `diff --git a/P b/P`: both halves are the same, as renames are off. */
function sections(diff: Buffer | null): Map<string, string> {
  const parts = (diff?.toString('latin1') ?? '').split(/^(?=diff --git )/m).filter((part) => part !== '');
  return new Map(
    parts.map((part): [string, string] => {
      const names = part.slice('diff --git '.length, part.indexOf('\n'));
      const path = names.slice(0, (names.length - 1) / 2).replace(/^"?a\//, '');
      return [Buffer.from(path, 'latin1').toString(), part];
    }),
  );
}

const modifiedAfter = async (path: string, at: number): Promise<boolean> =>
  ((await lstat(path).catch(() => null))?.mtimeMs ?? 0) > at;
