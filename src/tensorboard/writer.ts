import { closeSync, fchmodSync, fdatasyncSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { bucketsOf } from './buckets.js';
import { curveTags } from './curve-tags.js';
import {
  checkMoment,
  type SessionDetails,
  type SessionStatus,
  sessionEvent,
  summaryEvent,
  versionEvent,
} from './event.js';
import { eventFileName, eventFiles, newestSecond } from './event-files.js';
import * as hparams from './hparams.js';
import { type ChartCategory, layout } from './layout.js';
import { RecordBuffer } from './record-buffer.js';
import { rewindEvents } from './rewind.js';
import { ScalarEncoder } from './scalars.js';
import { histogramValue, imageValue, textValue } from './value.js';

/** Of this process: makes the names of its writers differ. */
let writers = 0;

/** Seconds since 1970, the `wallTime` of everything that is logged without one. */
const now = (): number => Date.now() / 1000;

export interface WriterOptions {
  /** Stands at the end of the file's name. */
  suffix?: string;
  /** Permission bits of the file, whatever the process's umask. */
  mode?: number;
}

/**
 * Writes one event file into a run's directory. Nothing is on disk before the first `flush`, nor is the file: a writer
 * that logs nothing leaves nothing. What was logged reaches the file, whole records at a time, when 64 KiB have
 * gathered, by `flush`, or by `close`; there is no timer. Only `sync` makes it survive a power cut.
 *
 * Every method may throw the error of the write(2) behind it. Then the event at hand was not logged, what was logged
 * before is kept, and the next flush goes on at the very byte: a full disk costs events, never the file.
 *
 * TensorBoard expects one writer at a time in a directory.
 */
export class EventWriter {
  readonly #records = new RecordBuffer((bytes) => writeSync(this.#open(), bytes));
  readonly #scalars = new ScalarEncoder(this.#records);
  #fd: number | null = null;
  #path: string | null = null;
  #begun = false;
  #closed = false;
  /** Directories whose entries are new. */
  #unsynced: readonly string[] = [];

  /** `directory` is made with the file. */
  constructor(
    readonly directory: string,
    private readonly options: WriterOptions = {},
  ) {}

  /** The file; null before the first flush. */
  get path(): string | null {
    return this.#path;
  }

  /** `value` is stored as a float of 32 bits; NaN and infinities are legal. */
  scalar(tag: string, value: number, step: number, wallTime = now()): void {
    this.#begin(step, wallTime);
    this.#scalars.one(tag, value, step, wallTime);
  }

  /** Scalars of one step, tag → value or as pairs, in one event. */
  scalars(
    values: Readonly<Record<string, number>> | readonly (readonly [tag: string, value: number])[],
    step: number,
    wallTime = now(),
  ): void {
    const entries: readonly (readonly [string, number])[] = Array.isArray(values)
      ? values
      : Object.entries(values);
    if (entries.length === 0) return;
    this.#begin(step, wallTime);
    this.#scalars.many(entries, step, wallTime);
  }

  /**
   * One image or several side by side, each the bytes of a PNG (encodePng makes them of pixels).
   * @throws TypeError where they are none.
   */
  image(tag: string, png: Uint8Array | readonly Uint8Array[], step: number, wallTime = now()): void {
    this.#value(imageValue(tag, png instanceof Uint8Array ? [png] : png), step, wallTime);
  }

  /** The distribution of values, in 30 buckets; NaN and infinities are left out. */
  histogram(tag: string, values: ArrayLike<number>, step: number, wallTime = now()): void {
    this.#value(histogramValue(tag, bucketsOf(values)), step, wallTime);
  }

  /** Markdown. */
  text(tag: string, markdown: string, step: number, wallTime = now()): void {
    this.#value(textValue(tag, markdown), step, wallTime);
  }

  /** The run becomes a row of the HParams page. The first of a run counts: a later one changes nothing. */
  hparams(
    values: Readonly<Record<string, hparams.HParam>>,
    session: hparams.SessionStart = {},
    wallTime = now(),
  ): void {
    this.#value(hparams.sessionStart(values, session), 0, wallTime);
  }

  /** Once, when the run is over for good: the first of a run counts, so that a crash must not write it. */
  sessionEnd(end: hparams.SessionEnd, wallTime = now()): void {
    this.#value(hparams.sessionEnd(end, wallTime), 0, wallTime);
  }

  /** In a writer on the log directory itself, not in a run's: TensorBoard takes one for all. */
  experiment(experiment: hparams.Experiment, wallTime = now()): void {
    this.#value(hparams.experiment(experiment), 0, wallTime);
  }

  /** The Custom Scalars page. */
  layout(categories: readonly ChartCategory[], wallTime = now()): void {
    this.#value(layout(categories), 0, wallTime);
  }

  /** A line of the session log. For a restart, call `rewind`. */
  session(status: SessionStatus, step: number, details: SessionDetails = {}, wallTime = now()): void {
    this.#begin(step, wallTime);
    this.#records.append(sessionEvent({ step, wallTime }, status, details));
  }

  /**
   * The curve goes on at `step`: what the directory's files have at and after it, this one's included, is superseded.
   * After a crash, call it first, with the step after the checkpoint's. `tags`: the scalars and images logged so far;
   * without them all files of the directory are read. In a directory without event files it does nothing.
   */
  rewind(step: number, tags?: Iterable<string>, wallTime = now()): void {
    this.flush();
    if (eventFiles(this.directory).length === 0) return;
    const superseded = tags ?? curveTags(this.directory);
    this.#begin(step, wallTime);
    for (const event of rewindEvents({ step, wallTime }, superseded)) this.#records.append(event);
  }

  /** Hands everything to the kernel: it survives the end of this process, and TensorBoard sees it. */
  flush(): void {
    this.#checkOpen();
    this.#records.flush();
  }

  /** `flush`, then waits until it is on the disk, the file's name too. */
  sync(): void {
    this.flush();
    if (this.#fd === null) return;
    fdatasyncSync(this.#fd);
    this.#unsynced.forEach(syncDirectory);
    this.#unsynced = [];
  }

  /** `flush`, and no more; what cannot be written now is lost. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    try {
      this.flush();
    } finally {
      this.#closed = true;
      if (this.#fd !== null) closeSync(this.#fd);
    }
  }

  #value(value: Uint8Array, step: number, wallTime: number): void {
    this.#begin(step, wallTime);
    this.#records.append(summaryEvent({ step, wallTime }, [value]));
  }

  /** What stands first in the file. The first file of a run says START: TensorBoard takes the next for a restart. */
  #begin(step: number, wallTime: number): void {
    this.#checkOpen();
    checkMoment(step, wallTime);
    if (this.#begun) return;
    this.#records.append(versionEvent(wallTime));
    if (eventFiles(this.directory).length === 0)
      this.#records.append(sessionEvent({ step: 0, wallTime }, 'start'));
    this.#begun = true;
  }

  #open(): number {
    this.#checkOpen();
    if (this.#fd !== null) return this.#fd;
    const made = mkdirSync(this.directory, { recursive: true });
    this.#unsynced = [this.directory, ...(made === undefined ? [] : above(this.directory, made))];
    const second = Math.max(Math.floor(now()), newestSecond(eventFiles(this.directory)) + 1);
    const { suffix, mode } = this.options;
    const writer = [process.pid, writers++, ...(suffix === undefined ? [] : [suffix])].join('.');
    const path = join(this.directory, eventFileName(second, writer));
    this.#fd = openSync(path, 'ax');
    if (mode !== undefined) fchmodSync(this.#fd, mode);
    this.#path = path;
    return this.#fd;
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error(`the event writer of ${this.directory} is closed`);
  }
}

/** The directories from above `from` to the one that holds `first`. */
function above(from: string, first: string): string[] {
  const parent = dirname(resolve(from));
  return parent === dirname(resolve(first)) ? [parent] : [parent, ...above(parent, first)];
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
