import { constants } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { replaceLink } from './atomic.js';
import { fileMode } from './modes.js';
import type { TopLevelFile } from './paths.js';
import { runPaths } from './paths.js';
import type { Step } from './steps.js';

/** A file of ours is far smaller; what is larger is not ours. */
const LARGEST = 16 << 20;

/** The attempt whose records are written, and how the submitter wants them. */
export interface Shown {
  runDir: string;
  attempt: number;
  topLevel: boolean;
  umask: number;
}

/**
 * A record of an attempt, new or in place of what it was, and its copy at the top level, which is replaced only while
 * it is what the daemon wrote there before: a script may have put its own. The copy comes first: after a crash
 * between the two the same call finds its own content there and goes on.
 */
export function recordSteps(of: Shown, file: TopLevelFile, content: string): Step[] {
  const mode = fileMode(of.umask);
  // What this attempt, or the newest before it in a shared directory, last wrote under that name.
  const records = Array.from({ length: of.attempt }, (_, n) => recordFile(of.runDir, of.attempt - n, file));
  const shown: Step[] = of.topLevel
    ? [{ do: 'show', path: join(of.runDir, file), mode, content, records }]
    : [];
  return [...shown, { do: 'replace', path: recordFile(of.runDir, of.attempt, file), mode, content }];
}

const recordFile = (runDir: string, attempt: number, file: string): string =>
  join(runPaths(runDir, attempt, false).records, file);

/** null for what is missing, a link, no regular file, or larger than any file of ours. */
export async function readRegular(path: string): Promise<Buffer | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => null,
  );
  if (file === null) return null;
  try {
    const found = await file.stat();
    return found.isFile() && found.size <= LARGEST ? await file.readFile() : null;
  } finally {
    await file.close();
  }
}

/** `<name>.log` and what it points to, relative: `logs/attempt-K.log`. */
export const logLink = (runDir: string, name: string, log: string): Extract<Step, { do: 'link' }> => ({
  do: 'link',
  path: join(runDir, `${name}.log`),
  target: join(basename(dirname(log)), basename(log)),
});

/** Points a link of ours to a newer log. A file or link of somebody else's stays. */
export async function moveLogLink({ path, target }: ReturnType<typeof logLink>): Promise<void> {
  const there = await readlink(path).catch((cause: NodeJS.ErrnoException) =>
    cause.code === 'ENOENT' ? null : '',
  );
  if (there !== null && !/^logs\/attempt-\d+(\.out)?\.log$/.test(there)) return;
  await replaceLink(path, target);
}
