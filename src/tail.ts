import {
  closeSync,
  constants,
  type FSWatcher,
  fstatSync,
  openSync,
  read,
  readSync,
  statSync,
  watch,
} from 'node:fs';
import { basename, dirname } from 'node:path';

/** What was just written is in the page cache: reading that little blocks for some microseconds. */
const NEAR_BYTES = 64 * 1024;
/** What one read fills at most. */
export const FAR_BYTES = 256 * 1024;
/** Only where the system has no watches left (inotify's limits). */
const UNWATCHED_MS = 250;

/**
 * Reads a file that grows, from a byte offset on. The file may be missing yet, may be cut short (reading
 * starts over at 0) and may be replaced (likewise). `onChange` is called whenever there may be more to read.
 */
export class Tail {
  #fd: number | null = null;
  #inode = 0;
  #watching: FSWatcher | NodeJS.Timeout | null = null;
  #watchesFile = false;
  #moved = false;
  #closed = false;
  /** Behind: in large pieces, and unless one may wait for the disk asynchronously, until the end was seen. */
  #far = true;

  /** `mayWait`: whoever reads has nothing else to do, so that a read may wait for the disk. It is faster. */
  constructor(
    private readonly path: string,
    /** Of the next byte to read. */
    public offset: number,
    private readonly onChange: () => void,
    private readonly mayWait = false,
  ) {
    this.#watch();
  }

  /** Puts the next bytes at `at`; 0: all was read that is there now. `offset` is then behind them. */
  async read(into: Buffer, at: number): Promise<number> {
    if (this.#fd === null && !this.#open()) return 0;
    const count = this.#far ? await this.#readFar(this.#fd!, into, at) : this.#readNear(this.#fd!, into, at);
    if (count === 0 && this.#startsOver()) return this.read(into, at);
    this.offset += count;
    return count;
  }

  /**
   * Whether the last read came to the end: `onChange` will tell of more, so there is no need to look now.
   * That look would stand between a line and its way to the reader.
   */
  get sawEnd(): boolean {
    return !this.#far;
  }

  /** Whether the file is there, or was when it was last read. */
  get exists(): boolean {
    return this.#fd !== null || this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): boolean {
    if (this.#closed) return false;
    try {
      this.#fd = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      return false;
    }
    this.#inode = fstatSync(this.#fd).ino;
    if (!this.#watchesFile) this.#watch();
    return true;
  }

  #readNear(fd: number, into: Buffer, at: number): number {
    const count = readSync(fd, into, at, Math.min(NEAR_BYTES, into.length - at), this.offset);
    this.#far = count === NEAR_BYTES;
    return count;
  }

  async #readFar(fd: number, into: Buffer, at: number): Promise<number> {
    const length = Math.min(FAR_BYTES, into.length - at);
    const count = this.mayWait
      ? readSync(fd, into, at, length, this.offset)
      : await readAt(fd, into, at, length, this.offset);
    this.#far = count === length;
    return count;
  }

  /** At the end: whether the file was cut short, or another lies at its path. */
  #startsOver(): boolean {
    if (this.#fd === null) return false;
    const { size, nlink } = fstatSync(this.#fd);
    const replaced = (this.#moved || nlink === 0) && this.#anotherFile();
    if (replaced) {
      closeSync(this.#fd);
      this.#fd = null;
      this.#watch();
    }
    if (!replaced && size >= this.offset) return false;
    this.offset = 0;
    return true;
  }

  /** When nothing lies there yet its directory is watched until something does. */
  #anotherFile(): boolean {
    const now = statSync(this.path, { throwIfNoEntry: false });
    this.#moved = now === undefined;
    if (now === undefined && this.#watchesFile) {
      this.#watch();
      // It may have come before the watch was there.
      this.onChange();
    }
    return now !== undefined && now.ino !== this.#inode;
  }

  /** The file itself, else its directory until the file is there: never both, and never a tree of them. */
  #watch(): void {
    this.#unwatch();
    if (this.#closed) return;
    const listen = (path: string, heard: (event: string, name: string | null) => void): boolean => {
      try {
        this.#watching = watch(path, { persistent: false }, heard).on('error', () => this.onChange());
        return true;
      } catch {
        return false;
      }
    };
    this.#watchesFile = listen(this.path, (event) => {
      if (event === 'rename') this.#moved = true;
      this.onChange();
    });
    if (this.#watchesFile) return;
    const name = basename(this.path);
    if (listen(dirname(this.path), (_, changed) => (changed === name || changed === null) && this.onChange()))
      return;
    this.#watching = setInterval(() => this.onChange(), UNWATCHED_MS).unref();
  }

  #unwatch(): void {
    if (this.#watching !== null && 'close' in this.#watching) this.#watching.close();
    else if (this.#watching !== null) clearInterval(this.#watching);
    this.#watching = null;
    this.#watchesFile = false;
  }
}

/** Offset at which the last `lines` lines before `end` begin. A last line without its newline counts as one. */
export async function lastLines(path: string, lines: number, end: number): Promise<number> {
  if (lines <= 0) return end;
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    let left = lines;
    const block = Buffer.allocUnsafe(FAR_BYTES);
    for (let to = end; to > 0; ) {
      const from = Math.max(0, to - FAR_BYTES);
      const count = await readAt(fd, block, 0, to - from, from);
      for (let at = count - 1; at >= 0; at--) {
        if (block[at] !== NEWLINE || from + at === end - 1) continue;
        if (--left <= 0) return from + at + 1;
      }
      to = from;
    }
    return 0;
  } finally {
    closeSync(fd);
  }
}

const NEWLINE = 0x0a;

const readAt = (fd: number, into: Buffer, at: number, length: number, position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    read(fd, into, at, length, position, (err, count) => (err ? reject(err) : resolve(count)));
  });
