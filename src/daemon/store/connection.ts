import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { UserError } from '../errors.js';
import { damaged, damageMark, forgetDamage, keepCopy, markDamage } from './damage.js';
import { isDamage, isReadOnly, storageFailure } from './failure.js';
import { migrate } from './migrate.js';
import { openDatabase, pragma } from './open.js';

/** A connection and what its statements throw instead of SQLite's errors. */
export interface Connection {
  readonly raw: Database.Database;
  readonly translate: (error: unknown) => unknown;
}

export const databaseFile = (stateDir: string): string => join(stateDir, 'expd.db');

const BUSY_MS = 5000;
/** Beyond this a WAL is cut back when it starts over; below, its blocks stay as a reserve for a full disk. */
const WAL_BYTES_KEPT = 16 * 1024 * 1024;
/** The writer checkpoints by itself, after its answers; this is the backstop, in pages. */
const AUTOCHECKPOINT_PAGES = 8000;

/**
 * The one connection that writes; made and migrated when there is none. What is checked here takes the
 * same time for any size: header, version, schema, whether it can be written; and everything, page by
 * page, after damage was seen before. `unclean`: the last writer did not close, so a full check is due
 * (chores.ts) when there is time. Throws UserError database_newer, database_corrupt or storage_failed.
 */
export function openForWriting(stateDir: string): { connection: Connection; unclean: boolean } {
  const file = databaseFile(stateDir);
  return refusing(stateDir, () => {
    if (!existsSync(file)) create(file);
    if (statSync(file).size === 0) throw damaged(file, 'it is empty');
    const unclean = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    const suspect = damageMark(stateDir) !== null;
    if (suspect) keepCopy(stateDir);
    const raw = openDatabase(file, { timeout: BUSY_MS, fileMustExist: true });
    try {
      migrate(raw);
      tune(raw);
      raw.exec('BEGIN IMMEDIATE; ROLLBACK');
      if (suspect) checkEverything(raw, file);
    } catch (error) {
      raw.close();
      throw error;
    }
    if (suspect) forgetDamage(stateDir);
    return { connection: { raw, translate: (error) => error }, unclean };
  });
}

/** A connection that only reads, for another thread; the writer's stands already. Damage is marked and told. */
export function openForReading(stateDir: string): Connection {
  const file = databaseFile(stateDir);
  return refusing(stateDir, () => {
    const raw = openDatabase(file, { timeout: BUSY_MS, fileMustExist: true, readonly: true });
    raw.exec('PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY');
    return {
      raw,
      translate: (error) => {
        if (!isDamage(error)) return error;
        markDamage(stateDir, reason(error));
        return damaged(file, reason(error), error);
      },
    };
  });
}

/** `PRAGMA quick_check`, which reads every page; throws UserError database_corrupt. */
export function checkEverything(raw: Database.Database, file: string): void {
  const rows = raw.prepare<[], { quick_check: string }>('PRAGMA quick_check(3)').all();
  const problems = rows.map((row) => row.quick_check).filter((line) => line !== 'ok');
  if (problems.length > 0) throw damaged(file, problems.join('; '));
}

/**
 * Built aside and put in place by rename: an empty `expd.db` is then always damage, never a start that
 * was cut short. A WAL without its database would be replayed into the new one.
 */
function create(file: string): void {
  if (existsSync(`${file}-wal`)) throw damaged(file, 'it is missing, but its -wal file is there');
  const fresh = `${file}.new`;
  for (const left of [fresh, `${fresh}-journal`]) rmSync(left, { force: true });
  closeSync(openSync(fresh, 'wx', 0o600));
  const raw = openDatabase(fresh);
  try {
    migrate(raw);
  } finally {
    raw.close();
  }
  renameSync(fresh, file);
  syncDirectory(join(file, '..'));
}

function tune(raw: Database.Database): void {
  const mode = pragma(raw, 'journal_mode = WAL');
  if (mode !== 'wal') throw new Error(`journal_mode is ${mode}`);
  // better-sqlite3 is built with NORMAL for WAL: a power cut could undo what was acknowledged.
  raw.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -4000');
  raw.exec(
    `PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}; PRAGMA wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`,
  );
  // Statement journals in memory: a full /tmp stops nothing.
  raw.exec('PRAGMA temp_store = MEMORY');
  chmodSync(raw.name, 0o600);
}

/** SQLite's and the file system's errors while opening, as what a user can act on. */
function refusing<T>(stateDir: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const file = databaseFile(stateDir);
    if (error instanceof UserError && error.code !== 'database_corrupt') throw error;
    if (error instanceof UserError || isDamage(error)) {
      markDamage(stateDir, reason(error));
      const copy = keepCopy(stateDir);
      throw damaged(file, error instanceof UserError ? error.message : reason(error), error, copy);
    }
    if (isReadOnly(error))
      throw new UserError(
        'storage_failed',
        `${stateDir} cannot be written: ${reason(error)}`,
        'make it writable, or choose another place with the setting `state`',
        { cause: error },
      );
    const failure = storageFailure(error);
    if (failure === null) throw error;
    throw new UserError(
      failure === 'full' ? 'storage_full' : 'storage_failed',
      `${file} cannot be opened: ${reason(error)}`,
      failure === 'full' ? `free some space on the disk of ${stateDir}` : 'look at the disk (dmesg)',
      { cause: error },
    );
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Makes names in a directory durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
