import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, write, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const ROTATE_BYTES = 10 * 2 ** 20;
const KEEP = 5;
/** What may wait for the disk; beyond it lines are dropped. */
const PENDING_LENGTH = 2 ** 20;

/**
 * An append-only file of whole lines, rotated at 10 MiB, five kept (`expd.log.1` is the youngest). Writes never block
 * and never fail: a disk that takes nothing, not even the file, costs lines of the log and nothing else.
 */
export class LogFile {
  /** null: it could not be opened, and is tried again with the next lines. */
  #fd: number | null = null;
  #size = 0;
  #pending = '';
  #writing = false;
  /** The last write failed, perhaps within a line. */
  #torn = false;
  #idle: (() => void) | null = null;
  #closed = false;
  readonly #onExit = (): void => this.#flush();

  constructor(private readonly file: string) {
    this.#open();
    process.once('exit', this.#onExit);
  }

  write(line: string): void {
    if (this.#closed || this.#pending.length + line.length > PENDING_LENGTH) return;
    this.#pending += line;
    if (!this.#writing) this.#next();
  }

  /** Writes what is left, once, and closes. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#writing)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    this.#flush();
    process.off('exit', this.#onExit);
    if (this.#fd !== null) closeSync(this.#fd);
  }

  #open(): number | null {
    try {
      mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
      this.#fd = open(this.file);
      this.#size = fstatSync(this.#fd).size;
    } catch {}
    return this.#fd;
  }

  #flush(): void {
    try {
      if (this.#fd !== null && this.#pending.length > 0) writeSync(this.#fd, this.#pending);
    } catch {}
  }

  #next(): void {
    if (this.#size >= ROTATE_BYTES) this.#rotate();
    const fd = this.#fd ?? this.#open();
    const lines = Buffer.from(this.#torn ? `\n${this.#pending}` : this.#pending);
    this.#pending = '';
    if (fd !== null) this.#put(fd, lines);
  }

  #put(fd: number, lines: Buffer): void {
    this.#writing = true;
    write(fd, lines, 0, lines.length, null, (error, written) => {
      this.#size += written ?? 0;
      this.#torn = error !== null;
      if (error === null && written < lines.length) return this.#put(fd, lines.subarray(written));
      this.#writing = false;
      if (this.#closed) this.#idle?.();
      else if (this.#pending.length > 0) this.#next();
    });
  }

  /** Where the disk does not allow it, the file just grows until it does. */
  #rotate(): void {
    try {
      for (let n = KEEP - 1; n >= 0; n--) {
        const from = n === 0 ? this.file : `${this.file}.${n}`;
        if (existsSync(from)) renameSync(from, `${this.file}.${n + 1}`);
      }
      const next = open(this.file);
      if (this.#fd !== null) closeSync(this.#fd);
      this.#fd = next;
      this.#size = 0;
    } catch {}
  }
}

const open = (file: string): number => openSync(file, 'a', 0o600);
