import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepTemporaries } from './atomic.js';
import { attemptsDir, runPaths, TOP_LEVEL } from './paths.js';
import { discardAttempt } from './prepare.js';
import { madeFor } from './spec.js';
import { POINTERS } from './sweep-directories.js';

/**
 * Removes attempt directories that the database does not know and that nobody ever claimed, with what was made for them
 * in run directories: a daemon died between prepare and claim, so nothing was executed. One with a `claim` may have a
 * living supervisor (a database put back from a backup): it stays. Only at the daemon's start. Answers the ids that go,
 * and those that stay unknown; `gone`: in the turn of each run directory, on whatever disk that lies.
 */
export async function sweepUnclaimed(
  state: string,
  known: ReadonlySet<string>,
): Promise<{ removed: string[]; claimed: string[]; gone: Promise<unknown> }> {
  const directory = attemptsDir(state);
  const unknown = (await readdir(directory).catch(() => [])).filter((id) => !known.has(id));
  const claims = await Promise.all(unknown.map((id) => exists(join(directory, id, 'claim'))));
  const removed = unknown.filter((_, n) => !claims[n]);
  const made = await Promise.all(removed.map((id) => madeFor(join(directory, id))));
  const gone = removed.map((id, n) => {
    const its = made[n] ?? null;
    return its === null
      ? rm(join(directory, id), { recursive: true, force: true })
      : discardAttempt(id, its, state);
  });
  return { removed, claimed: unknown.filter((_, n) => claims[n]), gone: Promise.allSettled(gone) };
}

/**
 * Removes what a killed daemon left of the records and the link that it was replacing in an attempt's run directory.
 * Only at the daemon's start, for attempts that are live or whose directory in the state still stands: for others
 * nothing is written. `name`: of the run.
 */
export async function sweepRecords(runDir: string, attempt: number, name: string): Promise<void> {
  if (runDir === '') return;
  const { records } = runPaths(runDir, attempt, false);
  await Promise.all([
    sweepTemporaries(runDir, [...TOP_LEVEL, `${name}.log`]),
    sweepTemporaries(records, TOP_LEVEL),
  ]);
}

/** The same of the links that a sweep has to its jobs. */
export const sweepPointers = (sweepDir: string): Promise<void> => sweepTemporaries(join(sweepDir, POINTERS));

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (cause: NodeJS.ErrnoException) => cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR',
  );
