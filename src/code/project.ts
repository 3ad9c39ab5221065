import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * The project of a working directory: the nearest directory at or above it with `conf/config.yaml`, else the top
 * of its git tree (a `.git` directory or, of a worktree or submodule, file), else itself. Absolute, links resolved.
 */
export function projectOf(cwd: string): string {
  const start = realpathSync(resolve(cwd));
  const above = [...ancestors(start)];
  return (
    above.find((directory) => isFile(join(directory, 'conf', 'config.yaml'))) ??
    above.find((directory) => existsSync(join(directory, '.git'))) ??
    start
  );
}

function* ancestors(directory: string): Generator<string> {
  for (let at = directory; ; at = dirname(at)) {
    yield at;
    if (dirname(at) === at) return;
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
