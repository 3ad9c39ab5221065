/**
 * What a failed statement says about the disk (sqlite.org/rescode.html), null for everything else:
 * `full` passes when there is space again, `failed` is the disk, `damaged` the file's content.
 */
export type StorageFailure = 'full' | 'failed' | 'damaged';

export function storageFailure(error: unknown): StorageFailure | null {
  const code = codeOf(error);
  if (code === null) return null;
  if (FULL.includes(code)) return 'full';
  if (isDamage(error)) return 'damaged';
  if (/^SQLITE_(IOERR|BUSY|READONLY|CANTOPEN|PERM|NOLFS)/.test(code)) return 'failed';
  return code === 'EIO' || isReadOnly(error) ? 'failed' : null;
}

/** The bytes are not a database that SQLite can read. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && /^SQLITE_(CORRUPT|NOTADB|FORMAT)/.test(code);
}

/** Rights, or a file system mounted read-only. */
export function isReadOnly(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && /^(SQLITE_(READONLY|CANTOPEN|PERM)|EROFS|EACCES|EPERM)/.test(code);
}

/** SHMSIZE: the WAL's index cannot grow, which takes 32 KiB. */
const FULL = ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC', 'EDQUOT'];

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
