import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Who writes an experiment's curves, as it stands in the file beside them. */
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
  | { by: 'us'; ulid: string }
  /** `who`: for people. */
  | { by: 'another'; who: string };

/** Ours is far shorter. */
const LONGEST = 4096;
const VERSION = 1;

/**
 * Makes the mark where there is none, whole or not at all, by link(2): it is exclusive on local file systems and on NFS
 * from version 2 on, and the content is on the disk before the name. `ours`: one of this daemon is there, and is
 * replaced. false: somebody else was first. @throws what the system says
 */
export async function putMark(file: string, mark: Mark, mode: number, ours: boolean): Promise<boolean> {
  const temporary = temporaryOf(file, mark.daemon);
  try {
    await writeDurably(temporary, `${JSON.stringify({ v: VERSION, ...mark })}\n`, mode);
    if (ours) await rename(temporary, file);
    else await link(temporary, file);
    return true;
  } catch (cause) {
    // NFS may say so of a link that it has just made for us: whoever reads the mark then finds their own.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

/** Whose mark lies there. What cannot be read is another's: it may be of a newer version. */
export async function readMark(file: string, daemon: string, host: string): Promise<Marked> {
  let text: string;
  try {
    text = await readShort(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { by: 'nobody' }
      : { by: 'another', who: `somebody whose mark cannot be read (${code ?? message})` };
  }
  const mark = parseMark(text);
  if (mark === null) return { by: 'another', who: 'somebody whose mark says nothing that this expd knows' };
  if (mark.daemon === daemon) return { by: 'us', ulid: mark.ulid };
  const where = mark.host === host ? `this host, with its state in ${mark.state}` : mark.host;
  return { by: 'another', who: `run ${mark.runId} (${mark.ulid}) of ${mark.user} on ${where}` };
}

/** What a daemon that was killed while it made a mark left beside it. */
export const dropTemporary = (file: string, daemon: string): Promise<void> =>
  unlink(temporaryOf(file, daemon)).catch(() => {});

const temporaryOf = (file: string, daemon: string): string =>
  join(dirname(file), `.${basename(file)}.${daemon.slice(0, 12)}.tmp`);

async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants; // one of ours that was killed may have left its own
  await using(await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600), async (file) => {
    await file.writeFile(text);
    await file.chmod(mode); // whatever our umask is
    await file.sync();
  });
}

const readShort = async (path: string): Promise<string> =>
  using(await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK), async (file) => {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(LONGEST), position: 0 });
    return buffer.toString('utf8', 0, bytesRead);
  });

async function using<T>(file: FileHandle, work: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

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
