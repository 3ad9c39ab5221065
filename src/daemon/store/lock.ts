import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { UserError } from '../errors.js';
import { storageFailure } from './failure.js';
import { openDatabase } from './open.js';

/**
 * One daemon a state directory: an exclusive transaction that lasts as long as the process. The kernel
 * frees it however the process ends, and keeps it while the process is stopped. POSIX locks vanish when
 * the process closes any other descriptor of the file, so nothing else may open `lock.db`; a collected
 * connection would close its own, but openDatabase's are never collected.
 * Throws UserError another_daemon, or storage_failed where the directory cannot be written or SQLite cannot be loaded.
 */
export function takeLock(stateDir: string): { release(): void } {
  const file = join(stateDir, 'lock.db');
  let db: Database.Database | undefined;
  try {
    db = openDatabase(file, { timeout: 0 });
    // Nothing is ever written: with its journal in memory the lock takes no space, which a full disk does not have.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    db?.close();
    if (cause instanceof Error && 'code' in cause && cause.code === 'SQLITE_BUSY')
      throw new UserError(
        'another_daemon',
        `another expd has ${stateDir}`,
        'expctl daemon status shows it; expctl daemon stop ends it',
        { cause },
      );
    if (isModuleMissing(cause))
      throw new UserError(
        'storage_failed',
        `better-sqlite3 is not built for Node ${process.version}`,
        'install expd again with this Node, or run npm rebuild better-sqlite3 where it is installed',
        { cause },
      );
    const full = storageFailure(cause) === 'full';
    throw new UserError(
      full ? 'storage_full' : 'storage_failed',
      `${file} cannot be locked: ${cause instanceof Error ? cause.message : cause}`,
      full
        ? `free some space on the disk of ${stateDir}`
        : 'the state directory must be writable and on a local disk',
      { cause },
    );
  }
  const lock = db;
  return {
    release() {
      lock.close();
    },
  };
}

/** After another version of Node was installed, or an installation without its scripts. */
const isModuleMissing = (cause: unknown): boolean =>
  cause instanceof Error &&
  (('code' in cause && cause.code === 'ERR_DLOPEN_FAILED') ||
    /^Could not locate the bindings/.test(cause.message));
