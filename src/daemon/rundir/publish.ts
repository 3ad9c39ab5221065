import { constants } from 'node:fs';
import { open, readdir, readlink, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeAtomically } from './atomic.js';
import * as disk from './disk.js';
import { fileMode, isMasked } from './modes.js';
import type { TopLevelFile } from './paths.js';
import { runPaths } from './paths.js';

/** A file of ours is far smaller; what is larger is not ours. */
const LARGEST = 16 << 20;

/** The attempt whose records are written, and how the submitter wants them. */
export interface Shown {
  runDir: string;
  attempt: number;
  topLevel: boolean;
  umask: number;
}

/** A new file, never over another and never through a link. */
export async function writeNew(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const fd = await disk.open(path, 'wx', mode);
  try {
    await Promise.all([disk.writeFile(fd, content), isMasked(mode) ? disk.fchmod(fd, mode) : null]);
  } finally {
    await disk.close(fd);
  }
}

/** A record of a new attempt; in a run directory that nobody has used, its copy needs no second look. */
export async function addRecord(
  where: Shown & { shared: boolean },
  file: TopLevelFile,
  content: string,
): Promise<void> {
  const record = join(runPaths(where.runDir, where.attempt, false).records, file);
  const mode = fileMode(where.umask);
  if (where.shared && where.topLevel)
    await show(join(where.runDir, file), content, mode, await shownBefore(where, file));
  await writeNew(record, content, mode);
  if (!where.shared && where.topLevel)
    await disk.copyFile(record, join(where.runDir, file), constants.COPYFILE_EXCL);
}

/**
 * Replaces a record, and its copy at the top level only while that is what the daemon wrote there before: a script
 * may have put its own. The copy comes first: after a crash between the two the same call finds its own content
 * there and goes on.
 */
export async function replaceRecord(where: Shown, file: TopLevelFile, content: string): Promise<void> {
  const { records } = runPaths(where.runDir, where.attempt, false);
  const mode = fileMode(where.umask);
  if (where.topLevel) await show(join(where.runDir, file), content, mode, await shownBefore(where, file));
  await writeAtomically(join(records, file), content, { mode, exactMode: isMasked(mode) });
}

/** What this attempt, or the newest before it in a shared directory, last wrote under that name. */
async function shownBefore({ runDir, attempt }: Shown, file: TopLevelFile): Promise<Buffer | null> {
  const attempts = dirname(runPaths(runDir, attempt, false).records);
  const numbers = (await readdir(attempts).catch(() => [])).map(Number).filter((n) => n > 0 && n <= attempt);
  for (const n of numbers.sort((a, b) => b - a)) {
    const content = await readRegular(join(attempts, String(n), file));
    if (content !== null) return content;
  }
  return null;
}

async function show(path: string, content: string, mode: number, before: Buffer | null): Promise<void> {
  try {
    return await writeNew(path, content, mode);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  const there = await readRegular(path);
  if (there === null || before === null || !there.equals(before)) return;
  await writeAtomically(path, content, { mode, exactMode: isMasked(mode) });
}

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

/** `<name>.log` → `logs/attempt-K.log`, relative. A file or link of somebody else's stays. */
export async function linkLog(runDir: string, name: string, log: string): Promise<void> {
  const link = join(runDir, `${name}.log`);
  const target = join(basename(dirname(log)), basename(log));
  try {
    return await disk.symlink(target, link);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  const there = await readlink(link).catch(() => '');
  if (!/^logs\/attempt-\d+(\.out)?\.log$/.test(there)) return;
  const temporary = `${link}.${process.pid}.tmp`;
  await unlink(temporary).catch(() => {});
  await disk.symlink(target, temporary);
  await rename(temporary, link);
}
