import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { nextData } from './sparse.js';

/** What a read came to. */
export type Piece =
  /** `writtenAt`: when the file was last written to, Unix seconds; null: just now. `last`: there are no more now. */
  | { kind: 'bytes'; bytes: Buffer; writtenAt: number | null; last: boolean }
  /** Nobody wrote these: they read as zeros. */
  | { kind: 'hole'; end: number }
  | { kind: 'end' }
  /** It was cut short, or another file lies in its place: what comes is to be read from its beginning. */
  | { kind: 'anew' }
  | { kind: 'unusable'; why: string };

/** A hole that is worth a system call of its own. */
const HOLE_BYTES = 64 << 20;

/** The file that a run appends its metrics to, whatever the run makes of it. Reading it never waits. */
export class MetricsFile {
  #fd: number | null = null;
  #inode = 0;
  /** It has been read to its end: what comes was just written, and needs no further look. */
  #caughtUp = false;

  constructor(readonly path: string) {}

  /** The next bytes from `offset` on, a view of `space`. */
  read(offset: number, space: Buffer): Piece {
    if (this.#fd === null) {
      const why = this.#open();
      if (why !== null) return why === '' ? { kind: 'end' } : { kind: 'unusable', why };
    }
    const fd = this.#fd!;
    const count = readSync(fd, space, 0, space.length, offset);
    if (count === 0) return this.#atEnd(fd, offset);
    const bytes = space.subarray(0, count);
    const last = count < space.length;
    if (this.#caughtUp && last && space[0] !== 0) return { kind: 'bytes', bytes, writtenAt: null, last };
    this.#caughtUp = last;
    const { size, blocks, mtimeMs } = fstatSync(fd);
    if (isSparse(size - offset, blocks) && space[0] === 0 && isZero(bytes))
      return { kind: 'hole', end: Math.max(offset + count, nextData(fd, offset) ?? size) };
    return { kind: 'bytes', bytes, writtenAt: mtimeMs / 1000, last };
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  /** Why it cannot be read; '' where it is not there yet, null when it is open. */
  #open(): string | null {
    try {
      this.#fd = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      if (code === 'ENOENT' || code === 'ENOTDIR') return '';
      return code === 'ELOOP' ? 'it is a symbolic link' : `it cannot be opened (${code})`;
    }
    const found = fstatSync(this.#fd);
    this.#inode = found.ino;
    if (found.isFile()) return null;
    this.close();
    return 'it is not a regular file';
  }

  #atEnd(fd: number, offset: number): Piece {
    if (fstatSync(fd).size < offset) return { kind: 'anew' };
    const now = lstatSync(this.path, { throwIfNoEntry: false });
    if (now === undefined || now.ino === this.#inode) return { kind: 'end' };
    this.close();
    return { kind: 'anew' };
  }
}

/** `blocks` of 512 bytes, as stat(2) counts them. */
const isSparse = (left: number, blocks: number): boolean => left > HOLE_BYTES && left > blocks * 512 * 2;

const ZEROS = Buffer.alloc(64 << 10);
function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (part.compare(ZEROS, 0, part.length) !== 0) return false;
  }
  return true;
}
