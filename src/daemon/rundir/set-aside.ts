import { rename } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

/** What became of a checkpoint that a program would have gone on from by itself. */
export interface SetAside {
  path: string;
  /** Its new name; null: it could not be renamed, for this reason. */
  to: string | null;
  why: string | null;
}

/**
 * Gives checkpoints in a directory that attempts share a name that nobody looks for, beside where they are, before the
 * program starts. Nothing is deleted; what lies elsewhere stays.
 */
export async function setAside(
  paths: readonly string[],
  runDir: string,
  attempt: number,
): Promise<SetAside[]> {
  const below = paths.filter((path) => !/^\.\.(\/|$)/.test(relative(runDir, path)));
  return Promise.all(
    below.map(async (path) => {
      const to = join(dirname(path), `.aside-${attempt}-${basename(path)}`);
      return rename(path, to).then(
        () => ({ path, to, why: null }),
        (cause: Error) => ({ path, to: null, why: cause.message }),
      );
    }),
  );
}
