import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EventWriter, type HParam } from '../../tensorboard/tensorboard.js';
import { eventFilesOf, hasForeign, isOwn, OWN_RUN, OWN_SUFFIX } from './curve-files.js';
import { type Mark, markText } from './curve-mark.js';

/** Where and as what an attempt's curves are kept. */
export interface CurvePlace {
  attemptId: string;
  /** The experiment's directory; made with the first point. */
  root: string;
  /** Permission bits of what is made there. */
  directoryMode: number;
  fileMode: number;
  /** For the HParams page; null: it is not listed there. */
  hparams: { values: Readonly<Record<string, HParam>>; group: string } | null;
}

/** Longer than a tick of the clock that file times are taken from (at most 10 ms). */
const TICK_MS = 50;
/** Between two marks in a file: as many lines are parsed again after the daemon was killed. */
const POINTS_A_MARK = 1000;

/**
 * Makes event files of an attempt's metric lines. A file is opened with the first point, after whatever is there; never
 * beside those of a writer of the script's own: then in a sub-run. What it throws is the file system's: the point at
 * hand was not taken, and may be handed in again.
 */
export class CurveWriter {
  #writer: EventWriter | null = null;
  #sinceMark = 0;
  /** When the writer's directory was changed last, as far as that was looked into (ms); NaN: not for good. */
  #changedAt = Number.NaN;

  constructor(
    private readonly place: CurvePlace,
    /** The curve goes on at this step, as soon as there is a point; null: it goes on where it is. */
    private rewindTo: number | null,
  ) {}

  /**
   * Before lines are taken: moves to the sub-run where the script has begun to write by itself. False: somebody removed
   * the file, and what would go there nobody would read.
   */
  stands(): boolean {
    const writer = this.#writer;
    if (writer === null || !this.#hasChanged(writer.directory)) return true;
    if (writer.path !== null && !existsSync(writer.path)) return false;
    if (writer.directory === this.place.root && hasForeign(eventFilesOf(writer.directory))) this.close();
    return true;
  }

  /** Lets go of a file that is lost. */
  abandon(): void {
    if (this.#writer !== null) abandon(this.#writer);
    this.#writer = null;
  }

  /** The points of a line. `mark` says where the line begins; `at` in seconds since 1970. */
  points(
    values: readonly (readonly [key: string, value: number])[],
    step: number,
    at: number,
    mark: Omit<Mark, 'attemptId'>,
  ): void {
    const writer = this.#writer ?? this.#open(mark, step, at);
    if (this.#sinceMark >= POINTS_A_MARK) this.#mark(writer, mark, step, at);
    writer.scalars(values, step, at);
    this.#sinceMark++;
  }

  /** The curve goes on at `step` with the next point, in a file of its own. */
  rewind(step: number): void {
    this.close();
    this.rewindTo = step;
  }

  /** Readers see what was taken. */
  flush(): void {
    this.#writer?.flush();
  }

  /** A power cut leaves what was taken. */
  sync(): void {
    this.#writer?.sync();
  }

  close(): void {
    const writer = this.#writer;
    if (writer === null) return;
    writer.flush(); // what throws leaves it open
    this.#writer = null;
    writer.close();
  }

  #hasChanged(directory: string): boolean {
    const changedAt = statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
    if (changedAt === this.#changedAt) return false;
    // What comes within the same tick leaves the same time.
    this.#changedAt = Math.abs(Date.now() - changedAt) > TICK_MS ? changedAt : Number.NaN;
    return true;
  }

  #open(mark: Omit<Mark, 'attemptId'>, step: number, at: number): EventWriter {
    const { root, fileMode, directoryMode, hparams } = this.place;
    const directory = ownDirectory(root);
    makeDirectory(directory, directoryMode);
    const isFirst = eventFilesOf(directory).length === 0;
    const writer = new EventWriter(directory, { suffix: OWN_SUFFIX, mode: fileMode });
    try {
      if (this.rewindTo !== null) writer.rewind(this.rewindTo, undefined, at);
      this.#mark(writer, mark, step, at);
      if (isFirst && hparams !== null)
        writer.hparams(hparams.values, { group: hparams.group, startedAt: at }, at);
    } catch (cause) {
      abandon(writer);
      throw cause;
    }
    this.rewindTo = null;
    this.#writer = writer;
    return writer;
  }

  #mark(writer: EventWriter, mark: Omit<Mark, 'attemptId'>, step: number, at: number): void {
    const message = markText({ attemptId: this.place.attemptId, ...mark });
    writer.session('checkpoint', step, { message }, at);
    this.#sinceMark = 0;
  }
}

/** No point stands in it yet, or it is lost. */
function abandon(writer: EventWriter): void {
  try {
    writer.close();
  } catch {} // What made it useless is told already.
}

/** Where lines once went to the sub-run they go on there: a curve is not parted. */
export function ownDirectory(root: string): string {
  const own = join(root, OWN_RUN);
  return hasForeign(eventFilesOf(root)) || eventFilesOf(own).some(isOwn) ? own : root;
}

/** With the submitter's permission bits, which the daemon's own umask would cut. */
function makeDirectory(path: string, mode: number): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  makeDirectory(dirname(path), mode);
  mkdirSync(path, { mode });
  chmodSync(path, mode);
}
