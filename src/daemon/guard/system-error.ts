import { UserError } from '../errors.js';

/** errno(3) of what the machine refuses: no bug of ours, and something that its owner can mend. */
const FULL: readonly string[] = ['ENOSPC', 'EDQUOT'];
const REFUSED: readonly string[] = [
  'EACCES',
  'EPERM',
  'EROFS',
  'EIO',
  'ESTALE',
  'ENOTDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
];

/** A failed system call as what a user can act on; null for every other error. */
export function fromSystem(error: unknown): UserError | null {
  if (error instanceof UserError || !(error instanceof Error && 'code' in error)) return null;
  const code = String(error.code);
  const path = 'path' in error ? String(error.path) : 'address' in error ? String(error.address) : null;
  const what = path === null ? error.message : `${path} cannot be used`;
  if (FULL.includes(code))
    return new UserError('storage_full', `${what}: the disk is full (${code})`, 'free some space or inodes', {
      cause: error,
    });
  return REFUSED.includes(code)
    ? new UserError('storage_failed', `${what} (${code})`, 'look at its rights and its disk', {
        cause: error,
      })
    : null;
}
