import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export const BALLAST_BYTES = 4 * 1024 * 1024;
const PIECE = 256 * 1024;

/** Disk space held for the day the disk is full: given up so that the ends of runs can be recorded. */
export interface Ballast {
  readonly there: boolean;
  /** Frees the space; false when there was none left to free. */
  giveUp: () => boolean;
  /** Takes the space again if twice as much is free; whether it is there now. Blocks for the write. */
  restore(): boolean;
}

export function ballast(stateDir: string, bytes: number = BALLAST_BYTES): Ballast {
  const file = join(stateDir, 'ballast');
  let there = statSync(file, { throwIfNoEntry: false })?.size === bytes;
  return {
    get there() {
      return there;
    },
    giveUp() {
      const had = there;
      rmSync(file, { force: true });
      there = false;
      return had;
    },
    restore() {
      there ||= roomFor(stateDir, 2 * bytes) && allocate(file, bytes);
      return there;
    },
  };
}

const roomFor = (directory: string, bytes: number): boolean => {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize >= bytes;
};

/** Random bytes, so that neither holes nor compression make them free; whole or not at all. */
function allocate(file: string, bytes: number): boolean {
  const part = `${file}.part`;
  try {
    const fd = openSync(part, 'w', 0o600);
    try {
      for (let left = bytes; left > 0; ) left -= writeSync(fd, randomBytes(Math.min(left, PIECE)));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(part, file);
    return true;
  } catch {
    rmSync(part, { force: true });
    return false;
  }
}
