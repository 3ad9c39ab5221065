import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A regular file below `root`, which is a real path; a link on the way is seen by what the kernel says was opened.
 * The caller closes it. @throws a sentence
 */
export function openInside(root: string, path: string): number {
  let fd: number;
  try {
    fd = openSync(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(code === 'ENOENT' ? `${path} is missing` : `${path}: ${code}`);
  }
  if (!fstatSync(fd).isFile() || readlinkSync(`/proc/self/fd/${fd}`) !== join(root, path)) {
    closeSync(fd);
    throw new Error(`${path} is not a regular file of the checkpoint`);
  }
  return fd;
}

export function withFile<T>(root: string, path: string, use: (fd: number, size: number) => T): T {
  const fd = openInside(root, path);
  try {
    return use(fd, fstatSync(fd).size);
  } finally {
    closeSync(fd);
  }
}

/** @throws a sentence; `most` in bytes */
export const textInside = (root: string, path: string, most: number): string =>
  withFile(root, path, (fd, size) => {
    if (size > most) throw new Error(`${path} is too large`);
    return readFileSync(fd, 'utf8');
  });
