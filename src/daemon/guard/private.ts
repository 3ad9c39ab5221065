import type { Stats } from 'node:fs';
import { lstat, mkdir, open, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';

/**
 * Makes the directory where it is missing and holds it to being ours alone: not a link, our uid, 0700.
 * Whoever can write there can submit, which is to execute as us.
 * @param what names it in errors: `state directory`.
 * @throws UserError unsafe_place with the command that mends it; storage_failed where nothing can be written.
 */
export async function ensurePrivate(directory: string, what: string, uid: number): Promise<void> {
  await make(directory, what);
  const found = await lstat(directory);
  if (found.isSymbolicLink())
    throw unsafe(`${what} ${directory} is a symbolic link`, `remove the link and name its target instead`);
  if (!found.isDirectory()) throw unsafe(`${what} ${directory} is not a directory`, 'move that file away');
  if (found.uid !== uid)
    throw unsafe(
      `${what} ${directory} belongs to uid ${found.uid}, not to uid ${uid}`,
      `sudo chown -R ${uid} ${quote(directory)}`,
    );
  if ((found.mode & 0o077) !== 0)
    throw unsafe(
      `${what} ${directory} is open to others (mode ${(found.mode & 0o777).toString(8).padStart(4, '0')})`,
      `chmod 700 ${quote(directory)}`,
    );
  await provideWritable(directory, what);
}

/**
 * Settings name commands that the daemon executes, so no one else may write them, nor put others in their place.
 * @throws UserError unsafe_place with the command that mends it.
 */
export async function guardSettings(file: string, uid: number): Promise<void> {
  for (const path of [dirname(file), file]) {
    const found = await stat(path).catch(() => null);
    if (found !== null) guardWriters(path, found, uid);
  }
}

/** A group with the user's own number is theirs alone: what umask 002 is made for. */
function guardWriters(path: string, { uid: owner, gid, mode }: Stats, uid: number): void {
  if (owner !== uid && owner !== 0)
    throw unsafe(`${path} belongs to uid ${owner}`, `sudo chown ${uid} ${quote(path)}`);
  if ((mode & 0o002) !== 0) throw unsafe(`${path} can be written by everybody`, `chmod o-w ${quote(path)}`);
  if ((mode & 0o020) !== 0 && gid !== uid)
    throw unsafe(`${path} can be written by the group ${gid}`, `chmod g-w ${quote(path)}`);
}

/** A word for a shell: bare where nothing in it is special. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

const unsafe = (message: string, hint: string): UserError => new UserError('unsafe_place', message, hint);

async function make(directory: string, what: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const code = codeOf(cause);
    // A dangling link or a file in the way: what lstat sees says it better.
    if (code === 'EEXIST') return;
    // The directory may be there, and only its file system read-only or its parent closed to us.
    if (await lstat(directory).catch(() => null)) return;
    throw code === 'EROFS' || code === 'ENOSPC'
      ? new UserError('storage_failed', `${what} ${directory} cannot be made (${code})`, WRITABLE, { cause })
      : new UserError('unsafe_place', `${what} ${directory} cannot be made (${code})`, CHOOSE, { cause });
  }
}

/** Only a real file tells; access(2) knows neither quotas nor a file system remounted after an error. */
async function provideWritable(directory: string, what: string): Promise<void> {
  const probe = join(directory, `.writable-${process.pid}`);
  try {
    await (await open(probe, 'wx', 0o600)).close();
    await unlink(probe);
  } catch (cause) {
    const code = codeOf(cause);
    // On a full disk the daemon does start: runs go on, and their ends must be recorded.
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EEXIST') return;
    throw new UserError('storage_failed', `${what} ${directory} cannot be written (${code})`, WRITABLE, {
      cause,
    });
  }
}

const WRITABLE = 'mount it read-write, or choose another with the setting `state`';
const CHOOSE = 'choose another with the setting `state` or EXPD_HOME';

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
