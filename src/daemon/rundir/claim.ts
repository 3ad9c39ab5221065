import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Scribe } from './scribe.js';
import { type Step, StepFailed } from './steps.js';

/** The newest suffix of names asked for often (a sweep in one second); a guess that saves probing. */
const suffixes = new Map<string, number>();
const REMEMBERED = 64;

/**
 * Makes a directory that was not there: `path`, else `path_2`, `path_3`, … mkdir(2) is exclusive, so no two
 * callers, on whatever machine, get the same. Returns the path made. `first`: steps before it.
 */
export async function claimDirectory(
  scribe: Scribe,
  path: string,
  mode: number,
  first: readonly Step[] = [],
): Promise<string> {
  for (let n = suffixes.get(path) ?? 1; ; n++) {
    const candidate = n === 1 ? path : `${path}_${n}`;
    if (!(await claimed(scribe, [...first, { do: 'make', path: candidate, mode }]))) continue;
    remember(path, n + 1);
    return candidate;
  }
}

/** Whether `path` is a directory of ours that attempts may share: no link, not somebody else's. */
export async function isOwnDirectory(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isDirectory() === true && found.uid === process.getuid!();
}

async function claimed(scribe: Scribe, steps: Step[]): Promise<boolean> {
  for (;;)
    try {
      await scribe.carryOut(steps);
      return true;
    } catch (cause) {
      if (!(cause instanceof StepFailed) || cause.step.do !== 'make') throw cause;
      if (cause.code === 'EEXIST') return false;
      if (cause.code !== 'ENOENT') throw cause;
      // Nothing above it yet, or taken away meanwhile.
      const { path, mode } = cause.step;
      await scribe.carryOut(above(path).map((directory) => ({ do: 'have', path: directory, mode })));
    }
}

/** The directories above a path, outermost first. */
function above(path: string): string[] {
  const parent = dirname(path);
  return parent === path || parent === '/' ? [] : [...above(parent), parent];
}

function remember(path: string, next: number): void {
  suffixes.delete(path);
  suffixes.set(path, next);
  if (suffixes.size > REMEMBERED) suffixes.delete(suffixes.keys().next().value!);
}
