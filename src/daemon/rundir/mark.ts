import { readlink, rename, symlink, unlink } from 'node:fs/promises';

/**
 * Who writes an experiment's curves: the target of a symbolic link, as in the lock files of Emacs. symlink(2) is
 * exclusive, on NFS too, and a link has its content or is not there, after a power cut as well, without an fsync that
 * each start would wait for.
 */
export interface Mark {
  /** Random, of one state directory: containers may share host name, machine-id and every path. */
  daemon: string;
  host: string;
  user: string;
  state: string;
  runId: number;
  ulid: string;
}

export type Marked =
  | { by: 'nobody' }
  | { by: 'us'; id: number; ulid: string }
  /** `who`: for people. */
  | { by: 'another'; who: string };

const VERSION = 1;

/**
 * Makes the mark where there is none. `ours`: one of this daemon is there, and is replaced. false: somebody else was
 * first. @throws what the system says
 */
export async function putMark(file: string, mark: Mark, ours: boolean): Promise<boolean> {
  const text = JSON.stringify({ v: VERSION, ...mark });
  try {
    if (!ours) await symlink(text, file);
    else {
      const temporary = temporaryOf(file, mark.daemon);
      await unlink(temporary).catch(() => {}); // of one of ours that was killed
      await symlink(text, temporary);
      await rename(temporary, file);
    }
    return true;
  } catch (cause) {
    // NFS may say so of a link that it has just made for us: whoever reads the mark then finds their own.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

/** Whose mark lies there. What cannot be read is another's: it may be of a newer version. */
export async function readMark(file: string, daemon: string, host: string): Promise<Marked> {
  let text: string;
  try {
    text = await readlink(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { by: 'nobody' }
      : { by: 'another', who: `somebody whose mark cannot be read (${code ?? message})` };
  }
  const mark = parseMark(text);
  if (mark === null) return { by: 'another', who: 'somebody whose mark says nothing that this expd knows' };
  if (mark.daemon === daemon) return { by: 'us', id: mark.runId, ulid: mark.ulid };
  const where = mark.host === host ? `this host, with its state in ${mark.state}` : mark.host;
  return { by: 'another', who: `run ${mark.runId} (${mark.ulid}) of ${mark.user} on ${where}` };
}

/** What a daemon that was killed while it replaced a mark left beside it. */
export const dropTemporary = (file: string, daemon: string): Promise<void> =>
  unlink(temporaryOf(file, daemon)).catch(() => {});

const temporaryOf = (file: string, daemon: string): string => `${file}.${daemon.slice(0, 12)}.tmp`;

function parseMark(text: string): Mark | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null || !('v' in found) || found.v !== VERSION) return null;
  const word = (key: keyof Mark): string => {
    const value = key in found ? Reflect.get(found, key) : null;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
  };
  const runId = Number(word('runId'));
  return {
    ...{ daemon: word('daemon'), host: word('host'), user: word('user'), state: word('state') },
    ...{ runId: Number.isSafeInteger(runId) ? runId : 0, ulid: word('ulid') },
  };
}
