import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  open,
  readdir,
  readlink,
  rename,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeAtomically } from './atomic.js';
import { isMasked } from './modes.js';
import { TOP_LEVEL, type TopLevelFile } from './paths.js';

/** A file of ours is far smaller; what is larger is not ours. */
const LARGEST = 16 << 20;

/** A new file, never over another and never through a link. */
export async function writeNew(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  await writeFile(path, content, { flag: 'wx', mode });
  if (isMasked(mode)) await chmod(path, mode);
}

/** The first copies at the top level of a directory that is new and ours alone. */
export async function copyToTop(records: string, runDir: string): Promise<void> {
  await Promise.all(
    TOP_LEVEL.map((file) => copyFile(join(records, file), join(runDir, file), constants.COPYFILE_EXCL)),
  );
}

/**
 * Replaces one file of an attempt's records, and its copy at the top level only while that is still what
 * `shownBefore` says we wrote (or is missing). The copy comes first: after a crash between the two, the same
 * call finds its own content there and goes on.
 */
export async function replaceRecord(
  where: { runDir: string; records: string; topLevel: boolean },
  file: TopLevelFile,
  content: string,
  mode: number,
  shownBefore: Buffer | null,
): Promise<void> {
  if (where.topLevel) await show(join(where.runDir, file), Buffer.from(content), mode, shownBefore);
  await writeAtomically(join(where.records, file), content, { mode, exactMode: isMasked(mode) });
}

/** Shows a file of an attempt at the top level, where a script has not put its own. */
export async function show(
  path: string,
  content: Buffer,
  mode: number,
  before: Buffer | null,
): Promise<void> {
  try {
    return await writeNew(path, content, mode);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  const there = await readRegular(path);
  if (there === null || before === null || !there.equals(before) || there.equals(content)) return;
  await writeAtomically(path, content, { mode, exactMode: isMasked(mode) });
}

/** null for what is missing, a link, no regular file, or larger than any file of ours. */
export async function readRegular(path: string): Promise<Buffer | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => null,
  );
  if (file === null) return null;
  try {
    const { size } = await file.stat().then((found) => (found.isFile() ? found : { size: LARGEST + 1 }));
    return size > LARGEST ? null : await file.readFile();
  } finally {
    await file.close();
  }
}

/** Records of the newest attempt below `attempt` in a shared run directory, or null. */
export async function earlierRecords(runDir: string, attempt: number): Promise<string | null> {
  const attempts = join(runDir, '.expd', 'attempts');
  const numbers = (await readdir(attempts).catch(() => [])).map(Number).filter((n) => n > 0 && n < attempt);
  return numbers.length === 0 ? null : join(attempts, String(Math.max(...numbers)));
}

/** `<name>.log` → `logs/attempt-K.log`, relative. A file or link of somebody else's stays. */
export async function linkLog(runDir: string, name: string, log: string): Promise<void> {
  const link = join(runDir, `${name}.log`);
  const target = join(basename(dirname(log)), basename(log));
  try {
    return await symlink(target, link);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  const there = await readlink(link).catch(() => '');
  if (!/^logs\/attempt-\d+(\.out)?\.log$/.test(there)) return;
  const temporary = `${link}.${process.pid}.tmp`;
  await unlink(temporary).catch(() => {});
  await symlink(target, temporary);
  await rename(temporary, link);
}
