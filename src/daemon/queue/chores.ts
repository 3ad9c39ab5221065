import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { checkEverything, databaseFile, openForReading, syncDirectory } from '../store/connection.js';
import { damaged, markDamage } from '../store/damage.js';
import { isDamage, storageFailure } from '../store/failure.js';
import { openDatabase } from '../store/open.js';
import type { FromWriter } from './messages.js';

/**
 * Reads every page. What is found is remembered: the next start refuses until it is mended. The connection
 * could write, and does not: SQLite does not check CHECKs through one that only reads.
 */
export function check(stateDir: string): FromWriter {
  const file = databaseFile(stateDir);
  const raw = openDatabase(file, { fileMustExist: true });
  try {
    checkEverything(raw, file);
    return { say: 'closed' };
  } catch (error) {
    const told = isDamage(error) ? damaged(file, String(error), error) : error;
    if (told instanceof UserError) markDamage(stateDir, told.message);
    throw told;
  } finally {
    raw.close();
  }
}

/** A copy of one moment, whole or not at all, in place of what was at `to`. Writing goes on meanwhile. */
export function backup(stateDir: string, to: string): FromWriter {
  refusePlace(stateDir, to);
  // Its own name: two backups to one file may be under way.
  const part = join(dirname(to), `.expd-backup-${randomBytes(6).toString('hex')}.part`);
  const db = openForReading(stateDir);
  try {
    closeSync(openSync(part, 'wx', 0o600));
    db.raw.prepare('VACUUM INTO ?').run(part);
    chmodSync(part, 0o600);
    sync(part);
    renameSync(part, to);
    syncDirectory(dirname(to));
    return { say: 'closed' };
  } catch (error) {
    rmSync(part, { force: true });
    throw notWritten(db.translate(error), to);
  } finally {
    db.raw.close();
  }
}

/**
 * A backup over the database would be the end of both. One over a device or a link would replace that: what is
 * there is renamed over, never written into.
 */
function refusePlace(stateDir: string, to: string): void {
  const directory = dirname(to);
  if (!lstatOf(directory))
    throw new UserError('usage', `${directory} does not exist`, 'make it, or name another file');
  const there = lstatOf(to);
  if (there?.isDirectory()) throw new UserError('usage', `${to} is a directory`, 'name a file in it');
  if (there && !there.isFile())
    throw new UserError('usage', `${to} is not a regular file`, 'name another file');
  if (realpathSync(directory) === realpathSync(stateDir) && /^(expd|lock)\.db|^ballast/.test(basename(to)))
    throw new UserError('usage', `${to} is a file of the daemon itself`, 'name another file');
}

/** null where nothing is, or can be seen. */
function lstatOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

/** Whatever the system said of the file, its directory or its disk. */
function notWritten(error: unknown, to: string): unknown {
  if (storageFailure(error) === 'full')
    return new UserError(
      'storage_full',
      `no room for ${to}`,
      'free some space, or name a file on another disk',
      { cause: error },
    );
  if (error instanceof UserError || !(error instanceof Error && 'code' in error)) return error;
  return new UserError(
    'storage_failed',
    `${to} cannot be written (${error.code})`,
    'look at its directory and its disk',
    { cause: error },
  );
}

function sync(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
