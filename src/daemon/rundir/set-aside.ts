import { rename } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

/**
 * Gives checkpoints in a directory that attempts share a name that nobody looks for, beside where they are, before the
 * program starts. Nothing is deleted; what lies elsewhere stays. A line for the log of each.
 */
export function setAside(paths: readonly string[], runDir: string, attempt: number): Promise<string[]> {
  const below = paths.filter((path) => !/^\.\.(\/|$)/.test(relative(runDir, path)));
  return Promise.all(
    below.map(async (path) => {
      const to = join(dirname(path), `.aside-${attempt}-${basename(path)}`);
      return rename(path, to).then(
        () => `checkpoint ${path} is ${to} now: the program would have gone on from it`,
        (cause: Error) => `checkpoint ${path} is in the way and cannot be renamed: ${cause.message}`,
      );
    }),
  );
}
