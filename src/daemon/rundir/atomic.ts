import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rename, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const TEMPORARY = /^\..*\.[0-9a-f]{12}\.tmp$/;

export interface HowToWrite {
  /** Permission bits, less the daemon's umask. */
  mode: number;
  /** Survives a power cut once the promise resolves: file and directory are fsynced. */
  durable?: boolean;
}

/** Replaces `path` whole or not at all; a symbolic link there is replaced, never followed. */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array,
  how: HowToWrite,
): Promise<void> {
  const temporary = temporaryOf(path);
  try {
    const file = await open(temporary, 'wx', how.mode);
    try {
      await file.writeFile(content);
      if (how.durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await unlink(temporary).catch(() => {});
    throw cause;
  }
  if (how.durable) await syncDirectory(dirname(path));
}

/** A link, new or in place of what is there. */
export async function replaceLink(path: string, target: string): Promise<void> {
  const temporary = temporaryOf(path);
  await symlink(target, temporary);
  await rename(temporary, path);
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Removes what a killed writer left, of these files or of all. Only where nobody writes: at the daemon's start. */
export async function sweepTemporaries(directory: string, of?: readonly string[]): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const left = names.filter((name) => TEMPORARY.test(name) && (of?.includes(original(name)) ?? true));
  await Promise.all(left.map((name) => unlink(join(directory, name)).catch(() => {})));
}

const temporaryOf = (path: string): string =>
  join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);

/** `.status.json.0123456789ab.tmp` → `status.json`. */
const original = (temporary: string): string => temporary.slice(1, -'.0123456789ab.tmp'.length);
