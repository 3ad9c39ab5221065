import {
  constants,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';

const FILE = 'expd.db';
/** Seen once, damage is looked for in full at each start until it is gone. */
const mark = (stateDir: string): string => join(stateDir, `${FILE}.damaged`);
const COPY = /^expd\.db\.corrupt-\d{8}T\d{6}Z$/;

/** What a user is told about a database that cannot be read; it is never written again. */
export const damaged = (file: string, why: string, cause?: unknown, copy?: string | null): UserError =>
  new UserError(
    'database_corrupt',
    why.startsWith(file) ? why : `${file} is damaged: ${why}`,
    `${copy ? `a copy is in ${copy}; ` : ''}put a backup (expctl daemon backup) in its place and remove ${FILE}-wal and ${FILE}-shm, or save what can be read: sqlite3 ${file} .recover | sqlite3 new.db`,
    { cause },
  );

/** What was seen when damage was first noticed, null when it was not. */
export function damageMark(stateDir: string): string | null {
  return existsSync(mark(stateDir)) ? readFileSync(mark(stateDir), 'utf8').trim() : null;
}

/** Remembers damage for the next start. Best effort: the disk may take nothing. */
export function markDamage(stateDir: string, why: string): void {
  try {
    writeFileSync(mark(stateDir), `${why}\n`, { flag: 'wx', mode: 0o600 });
  } catch {}
}

export const forgetDamage = (stateDir: string): void => rmSync(mark(stateDir), { force: true });

/**
 * Copies the damaged files once; the name of the copy, or null where it cannot be made. Only while this
 * process has no connection: closing any descriptor of the file drops its POSIX locks.
 */
export function keepCopy(stateDir: string): string | null {
  try {
    const before = readdirSync(stateDir).find((name) => COPY.test(name));
    if (before !== undefined) return join(stateDir, before);
    const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const copy = join(stateDir, `${FILE}.corrupt-${stamp}`);
    for (const end of ['-wal', '']) {
      const from = join(stateDir, FILE + end);
      if (existsSync(from))
        copyFileSync(from, copy + end, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    }
    return existsSync(copy) ? copy : null;
  } catch {
    return null;
  }
}
