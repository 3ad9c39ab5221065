import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Bell } from '../bell.js';
import type { LogPlace } from '../gen/expd/v1/logs.js';
import { FAR_BYTES, lastLines, Tail } from '../tail.js';
import type { LogSink } from './render/log-sink.js';

/** Where to begin: at an offset, or so many lines before the end. */
export interface Beginning {
  offset: number;
  tailLines: number | null;
}

/** Whether a log can lie there for us: a container may share the socket, and not the files behind it. */
export const isHere = (place: LogPlace): boolean =>
  statSync(dirname(place.path), { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * One attempt's log, read where it lies: on its way through the daemon a gigabyte is copied six times more, and a
 * line wakes one process more.
 */
export class LocalLog {
  readonly #tail: Tail;
  readonly #bell = new Bell();
  #complete = false;

  private constructor(
    readonly attempt: number,
    path: string,
    offset: number,
  ) {
    this.#tail = new Tail(path, offset, () => this.#bell.ring(), true);
  }

  static async open({ attempt, path }: LogPlace, { offset, tailLines }: Beginning): Promise<LocalLog> {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const from = tailLines === null || size === 0 ? offset : await lastLines(path, tailLines, size);
    return new LocalLog(attempt, path, from);
  }

  /** Of the next byte to be shown. */
  get offset(): number {
    return this.#tail.offset;
  }

  /** Nothing more is written to it: what it holds now is all. */
  complete(): void {
    this.#complete = true;
    this.#bell.ring();
  }

  /**
   * Shows what is there and what comes. Resolves once all of a complete log was shown, or `left()` says that nobody
   * reads any more; whether there was a file.
   */
  async show(sink: LogSink, left: () => boolean): Promise<boolean> {
    const space = Buffer.allocUnsafeSlow(FAR_BYTES);
    try {
      while (!left()) {
        // Looked at before reading: what was written before the end is then read after it.
        const over = this.#complete;
        const count = await this.#tail.read(space, 0);
        const offset = this.offset - count;
        if (count > 0) await sink.chunk({ attempt: this.attempt, offset, data: space.subarray(0, count) });
        else if (over) return this.#tail.exists;
        if (!over && (count === 0 || this.#tail.sawEnd)) await this.#bell.wait();
      }
      return true;
    } finally {
      this.#tail.close();
    }
  }
}
