import { join, resolve } from 'node:path';
import { prefixOf } from './environments.js';
import { executableFile } from './file.js';
import type { Surroundings } from './launchers.js';
import { behindShim } from './pyenv.js';

/** The file that a word starts, as execvp finds it, a shim of pyenv seen through; null where there is none. */
export function executableOf(word: string, surroundings: Surroundings): string | null {
  const { cwd, env } = surroundings;
  const directories = word.includes('/') ? ['.'] : searchPath(surroundings);
  for (const directory of directories) {
    const found = executableFile(resolve(cwd, directory, word));
    if (found !== null) return behindShim(found, cwd, env);
  }
  return null;
}

/** PATH with the environment of a launcher before it. */
function searchPath(surroundings: Surroundings): string[] {
  const prefix = prefixOf(surroundings);
  const path = surroundings.env.PATH ?? '/usr/local/bin:/usr/bin:/bin';
  return [...(prefix === null ? [] : [join(prefix, 'bin')]), ...path.split(':')];
}
