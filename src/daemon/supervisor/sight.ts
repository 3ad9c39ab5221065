import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './errno.js';
import type { Found, Sight } from './reconcile.js';
import { type Exit, parseExit, parseStarted, parseStuck, type Stuck } from './records.js';

/**
 * The records in an attempt's directory. Read synchronously: they are small and were just written, so they
 * come from the page cache, and this is on the way from one run's end to the next one's start.
 * Throws where it could not look (EMFILE): that is neither "absent" nor "unreadable".
 */
export function readRecords(dir: string, attemptId: string): Pick<Sight, 'exit' | 'main' | 'started'> {
  return {
    exit: readExit(dir, attemptId),
    main: find(join(dir, 'main'), (text) => parseExit(text, attemptId)),
    started: find(join(dir, 'started'), (text) => parseStarted(text, attemptId)),
  };
}

export const readExit = (dir: string, attemptId: string): Found<Exit> =>
  find(join(dir, 'exit'), (text) => parseExit(text, attemptId));

export function readStuck(dir: string, attemptId: string): Stuck | null {
  const stuck = find(join(dir, 'stuck'), (text) => parseStuck(text, attemptId));
  return typeof stuck === 'string' ? null : stuck;
}

/** The `spec` file; empty when it is gone. */
export const readSpec = (dir: string): string => {
  const spec = find(join(dir, 'spec'), (text) => ({ text }));
  return typeof spec === 'string' ? '' : spec.text;
};

/**
 * Takes the claim in place of a shim, so that none can take it any more. False: one was faster.
 * A directory that is gone has no `spec`, so nothing can be executed from it either.
 */
export async function takeClaim(dir: string): Promise<boolean> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  try {
    await (await open(join(dir, 'claim'), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)).close();
    return true;
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return false;
    if (errnoOf(cause) === 'ENOENT') return true;
    throw cause;
  }
}

/** A link, a directory, somebody else's, a bad sector. */
const NO_RECORD: readonly string[] = ['ELOOP', 'EISDIR', 'EACCES', 'EPERM', 'EIO', 'ENXIO'];

/** O_NOATIME: an access time would make the inode dirty and wait for the journal of a busy disk. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOATIME;

function find<Record extends object>(path: string, parse: (text: string) => Record | null): Found<Record> {
  try {
    return parse(readSmall(path)) ?? 'unreadable';
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return 'absent';
    if (errno !== null && NO_RECORD.includes(errno)) return 'unreadable';
    throw cause;
  }
}

function readSmall(path: string): string {
  const fd = openSync(path, READ);
  try {
    const count = readSync(fd, space, 0, space.length, 0);
    // Only a spec is ever that long.
    return count < space.length ? space.toString('utf8', 0, count) : readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

const space = Buffer.allocUnsafeSlow(16 << 10);
