import { eachLine } from '../metrics/each-line.js';
import { Lines } from '../metrics/lines.js';
import { MetricsFile } from '../metrics/metrics-file.js';
import { LINE_BYTES, type MetricsLine, parseMetricsLine, type ToldLine } from '../metrics/metrics-line.js';
import type { BadLines, Progress, Standing } from '../run/progress.js';
import { withdrawEnd } from './curve-end.js';
import { isMarker, isOwn } from './curve-files.js';
import { positionOf } from './curve-mark.js';
import { CurveReader } from './curve-reader.js';
import { type CurvePlace, CurveWriter } from './curve-writer.js';
import { Pace } from './pace.js';
import { CurveSet } from './points.js';
import { Standings } from './standings.js';

/** An attempt whose metrics are taken over. Plain data: it crosses a thread. */
export interface TrackedAttempt extends CurvePlace {
  runId: number;
  attempt: number;
  metricsFile: string;
  /** Where in the file its own lines begin: attempts may share one. */
  from: number;
  /** The first step after the checkpoint that it went on from; null: from none. */
  resumesAt: number | null;
  /** See GoOn. */
  savedAt: number | null;
  /** How many steps it will make, where its command tells; a line with `total_steps` wins. */
  plannedSteps: number | null;
}

/** How a run stands, and what has changed since that was told last. `anew`: all metrics that there are. */
export interface TailProgress extends Progress {
  changed: Standing[];
  anew: boolean;
}

export interface TailListener {
  /** A line like `{"event":"checkpoint",…}`: at least once each, in order; again after the daemon was killed. */
  told(attempt: TrackedAttempt, line: ToldLine): void;
}

/** Bytes read before others have their turn. */
const TURN_BYTES = 1 << 20;
const SPACE_BYTES = 256 << 10;
const EXAMPLE_LENGTH = 200;
/** A line without a time of its own has that of its reading. */
const LATE_S = 1;
/** Where the disk takes nothing it is tried again after so long. */
const BLOCKED_MS = 1000;

const NOTHING = { bytes: 0, last: true } as const;

/** Of all tails: what was read is worked off before the next one reads. */
const space = Buffer.allocUnsafeSlow(SPACE_BYTES);

/**
 * Takes over what one attempt logs: lines of its metrics file into event files, what its script writes as event files
 * as it is, and of both how each metric stands. A daemon that is killed anywhere is followed by one that goes on at the
 * very line: how far it came stands in the event files.
 */
export class MetricsTail {
  readonly #file: MetricsFile;
  #writer: CurveWriter;
  #lines!: Lines;
  #standings = new Standings();
  #foreign!: CurveReader;
  readonly #pace = new Pace();
  #bad: BadLines = { count: 0, example: null };
  #total: number | null = null;
  #at: number | null = null;
  #problem: string | null = null;
  /** 0: it is not. */
  #blockedUntil = 0;
  /** Blocked, by a disk without room. */
  #full = false;
  #dirty = true;
  #anew = true;
  /** Points that stand in the event files already. */
  #skip = 0;
  /** Where the line at hand begins. */
  #lineAt = 0;
  #writtenAt: number | null = null;
  /** The next point is the attempt's first. */
  #first: boolean;

  constructor(
    readonly of: TrackedAttempt,
    private readonly listener: TailListener,
  ) {
    this.#file = new MetricsFile(of.metricsFile);
    this.#writer = new CurveWriter(of, null);
    this.#attempting(() => withdrawEnd(of.root));
    const position = positionOf(of.root, of.attemptId);
    this.#first = position === null;
    this.#readCurves();
    this.#begin(position?.offset ?? of.from);
    if (position === null) return;
    this.#bad.count = position.bad;
    this.#skip = position.points;
    this.#tellAgain(position.offset);
  }

  /** Reads on, up to a megabyte. `more`: there is more to read now; `came`: something had come. */
  turn(now = Date.now()): { came: boolean; more: boolean } {
    if (now < this.#blockedUntil) return { came: false, more: false };
    let [came, more] = [false, true];
    try {
      if (!this.#writer.stands()) this.#takeAnew();
      for (let read = 0; more && read < TURN_BYTES; ) {
        const { bytes, last } = this.#readOn();
        came ||= bytes > 0;
        more = !last;
        read += bytes;
      }
      this.#writer.flush();
      this.#unblocked();
      return { came, more };
    } catch (cause) {
      this.#blocked(cause, now);
      return { came, more: false };
    }
  }

  /** Looks at what the script itself writes as event files; whether there was anything. */
  pollForeign(): boolean {
    let [came, rewound] = [false, false];
    const seen = this.#foreign.read({
      point: (key, step, value, at) => {
        came = true;
        // Of sub-runs that count differently, the one that is ahead has the pace.
        if (step >= this.#standings.lastStep) this.#pace.seen(step, at);
        this.#stand(key, step, value, at);
      },
      rewind: () => {
        rewound = true;
      },
    });
    while (!seen.next().done);
    if (rewound) this.#readCurves();
    return came;
  }

  /**
   * The attempt has ended, all its processes are gone: takes what is left. False: the disk is full; to be called again,
   * or closed.
   */
  finish(): boolean {
    while (this.turn(Number.POSITIVE_INFINITY).more);
    if (!this.#full)
      this.#attempting(() => {
        this.#taking(() => this.#lines.finish((text) => parseMetricsLine(text).kind !== 'bad'));
        this.#writer.sync();
        this.#writer.close();
      });
    if (!this.#full) this.pollForeign();
    this.#file.close();
    return !this.#full;
  }

  /** The daemon ends, the attempt goes on. */
  close(): void {
    try {
      this.#writer.close();
    } catch {} // The next daemon takes these lines again.
    this.#file.close();
  }

  /** null: nothing has changed since the last call. */
  progress(): TailProgress | null {
    const changed = this.#standings.takeChanged();
    if (changed.length === 0 && !this.#dirty && !this.#anew) return null;
    const anew = this.#anew;
    this.#dirty = this.#anew = false;
    const { lastStep } = this.#standings;
    return {
      runId: this.of.runId,
      attempt: this.of.attempt,
      step: lastStep < 0 ? null : lastStep,
      totalSteps: this.#total ?? this.of.plannedSteps,
      stepsPerSecond: this.#pace.rate,
      at: this.#at,
      bad: { ...this.#bad },
      problem: this.#problem,
      changed,
      anew,
    };
  }

  /** How many bytes were read; `last`: there are no more now. */
  #readOn(): { bytes: number; last: boolean } {
    const piece = this.#file.read(this.#lines.offset, space);
    switch (piece.kind) {
      case 'bytes':
        this.#say(null);
        this.#writtenAt = piece.writtenAt;
        this.#taking(() => this.#lines.feed(piece.bytes));
        return { bytes: piece.bytes.length, last: piece.last };
      case 'hole':
        this.#badLine('', 'zeros, as a hole in the file or a power cut leaves them', piece.end);
        this.#begin(piece.end);
        return { bytes: 1, last: false };
      case 'anew':
        this.#first = true;
        this.#begin(0);
        return { bytes: 1, last: false };
      case 'end':
        return NOTHING;
      case 'unusable':
        this.#say(`${this.of.metricsFile} is not read: ${piece.why}`);
        return NOTHING;
    }
    piece satisfies never;
  }

  /** What is thrown leaves the line at hand untaken: it is read again. */
  #taking(lines: () => void): void {
    try {
      lines();
    } catch (cause) {
      this.#begin(this.#lineAt);
      throw cause;
    }
  }

  #begin(offset: number): void {
    this.#lineAt = offset;
    const after = (end: number, what: () => void): void => {
      what();
      this.#lineAt = end;
    };
    this.#lines = new Lines(offset, {
      line: (text, end) => {
        this.#take(text);
        this.#lineAt = end;
      },
      overlong: (end) => after(end, () => this.#badLine('', `it has more than ${LINE_BYTES >> 10} KiB`, end)),
      zeros: (end) => after(end, () => this.#badLine('', 'zeros, as a power cut leaves them', end)),
    });
  }

  /** The curves were removed, as scripts do that empty their log directory: the attempt's lines make them again. */
  #takeAnew(): void {
    this.#writer.abandon();
    this.#writer = new CurveWriter(this.of, null);
    this.#bad = { count: 0, example: null };
    this.#skip = 0;
    this.#first = true;
    this.#readCurves();
    this.#begin(this.of.from);
  }

  #take(text: string): void {
    const line = parseMetricsLine(text);
    switch (line.kind) {
      case 'point':
        this.#point(line);
        break;
      case 'event':
        this.listener.told(this.of, line);
        break;
      case 'bad':
        this.#badLine(text, line.why, this.#lineAt);
        break;
      case 'blank':
        break;
      default:
        line satisfies never;
    }
  }

  #point({ step, values, at, total }: Extract<MetricsLine, { kind: 'point' }>): void {
    if (total !== null) this.#total = total;
    const time = at ?? Math.min(Date.now() / 1000, this.#writtenAt ?? Number.POSITIVE_INFINITY);
    if (values.length > 0) {
      if (this.#skip > 0) {
        this.#skip--;
        return;
      }
      if (this.#first) this.#goOn(step);
      this.#writer.points(values, step, time, { offset: this.#lineAt, bad: this.#bad.count });
      this.#first = false;
      for (const [key, value] of values) this.#stand(key, step, Math.fround(value), time);
    }
    this.#pace.seen(step, time);
    this.#dirty = true;
  }

  /** What stands at and after the attempt's first step is superseded. */
  #goOn(step: number): void {
    const { resumesAt, savedAt } = this.of;
    let [last, before] = [-1, -1];
    readAll(new CurveReader(this.of.root, isOwnCurve), (_, seen, __, at) => {
      last = Math.max(last, seen);
      if (savedAt !== null && at <= savedAt + LATE_S) before = Math.max(before, seen);
    });
    const goesOnAt = Math.min(step, Math.max(resumesAt ?? step, before + 1));
    if (last < goesOnAt) return;
    this.#writer.rewind(goesOnAt);
    this.#readCurves(goesOnAt);
  }

  #stand(key: string, step: number, value: number, at: number): void {
    this.#standings.point(key, step, value, at);
    this.#at = Math.max(this.#at ?? 0, at);
  }

  /** How each metric stands, from the event files as they are. `goesOnAt`: without what we wrote at and after it. */
  #readCurves(goesOnAt = Number.POSITIVE_INFINITY): void {
    this.#standings = new Standings();
    this.#anew = true;
    readAll(new CurveReader(this.of.root, isOwnCurve), (key, step, value, at) => {
      if (step < goesOnAt) this.#stand(key, step, value, at);
    });
    this.#foreign = new CurveReader(this.of.root, (name) => !isOwn(name));
    readAll(this.#foreign, (key, step, value, at) => this.#stand(key, step, value, at));
  }

  /** The lines that are told, of those taken over by an earlier daemon: it may have died before it had used them. */
  #tellAgain(until: number): void {
    const tell = (text: string): void => {
      const line = text.includes('"event"') ? parseMetricsLine(text) : null;
      if (line?.kind === 'event') this.listener.told(this.of, line);
    };
    eachLine(this.of.metricsFile, tell, { from: this.of.from, until });
  }

  #badLine(line: string, why: string, offset: number): void {
    this.#bad = { count: this.#bad.count + 1, example: { line: line.slice(0, EXAMPLE_LENGTH), why, offset } };
    this.#dirty = true;
  }

  /** What the file system refuses is said. */
  #attempting(what: () => void): void {
    try {
      what();
    } catch (cause) {
      this.#blocked(cause, 0);
    }
  }

  #blocked(cause: unknown, now: number): void {
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    this.#blockedUntil = now + BLOCKED_MS;
    this.#full = cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
    this.#say(`its curve cannot be written: ${cause.message}`);
  }

  #unblocked(): void {
    if (this.#blockedUntil === 0) return;
    this.#blockedUntil = 0;
    this.#full = false;
    this.#say(null);
  }

  #say(problem: string | null): void {
    if (this.#problem === problem) return;
    this.#problem = problem;
    this.#dirty = true;
  }
}

/** Markers, too: they end what we wrote before as well. */
const isOwnCurve = (name: string): boolean => isOwn(name) || isMarker(name);

/** Each point that is not superseded. */
function readAll(
  reader: CurveReader,
  tell: (key: string, step: number, value: number, at: number) => void,
): void {
  const curves = new CurveSet();
  const reading = reader.read(curves);
  while (!reading.next().done);
  for (const [key, { length, steps, values, times }] of curves.curves)
    for (let n = 0; n < length; n++) tell(key, steps[n]!, values[n]!, times[n]!);
}
