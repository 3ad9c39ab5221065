import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectories, makeDirectory } from './modes.js';

/** The newest suffix of names asked for often (a sweep in one second); a guess that saves probing. */
const suffixes = new Map<string, number>();
const REMEMBERED = 64;

/**
 * Makes a directory that was not there: `path`, else `path_2`, `path_3`, … mkdir(2) is exclusive, so no two
 * callers, on whatever machine, get the same. Returns the path made.
 */
export async function claimDirectory(path: string, mode: number): Promise<string> {
  for (let n = suffixes.get(path) ?? 1; ; n++) {
    const candidate = n === 1 ? path : `${path}_${n}`;
    if (!(await claimed(candidate, mode))) continue;
    remember(path, n + 1);
    return candidate;
  }
}

/** Whether `path` is a directory of ours that attempts may share: no link, not somebody else's. */
export async function isOwnDirectory(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isDirectory() === true && found.uid === process.getuid!();
}

async function claimed(path: string, mode: number): Promise<boolean> {
  for (;;)
    try {
      await makeDirectory(path, mode);
      return true;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      if (code !== 'ENOENT') throw cause;
      // Nothing above it yet, or taken away meanwhile.
      await makeDirectories(dirname(path), mode);
    }
}

function remember(path: string, next: number): void {
  suffixes.delete(path);
  suffixes.set(path, next);
  if (suffixes.size > REMEMBERED) suffixes.delete(suffixes.keys().next().value!);
}
