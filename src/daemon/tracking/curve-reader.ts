import { statSync } from 'node:fs';
import { join } from 'node:path';
import { EventReader, type LoggedEvent } from '../../tensorboard/tensorboard.js';
import { isTime } from '../metrics/metrics-line.js';
import { type CurveDirectory, curveDirectories, OWN_RUN } from './curve-files.js';

export interface CurveListener {
  /** `at` in seconds since 1970; 0 where what stands there is no time. */
  point(key: string, step: number, value: number, at: number): void;
  /** What was told of these keys at and after the step is superseded. */
  rewind(step: number, keys: readonly string[]): void;
}

/**
 * All that is logged below an experiment's directory, by whomever, also while it grows: scalars and rewinds, each told
 * once. A key is the tag; in a sub-run of the script's the sub-run stands before it. Steps beyond 2^53 are passed over.
 */
export class CurveReader {
  /** Path → how far it was read. */
  readonly #offsets = new Map<string, number>();
  /** Run → tag → key. */
  readonly #keys = new Map<string, Map<string, string>>();

  constructor(
    readonly root: string,
    /** By file name. */
    private readonly wanted: (name: string) => boolean = () => true,
  ) {}

  /** Reads on. One may stop after any event and call it again. Yields now and then, so that others have their turn. */
  *read(listener: CurveListener): Generator<void, void, void> {
    for (const directory of curveDirectories(this.root))
      for (const name of directory.files) {
        if (!this.wanted(name)) continue;
        const path = join(directory.path, name);
        const offset = this.#offsets.get(path) ?? 0;
        if (sizeOf(path) > offset) yield* this.#readFile(path, offset, directory, listener);
      }
  }

  *#readFile(
    path: string,
    offset: number,
    directory: CurveDirectory,
    listener: CurveListener,
  ): Generator<void, void, void> {
    const reader = opened(path, offset);
    if (reader === null) return;
    try {
      let events = 0;
      for (const event of reader.events()) {
        this.#tell(event, directory, listener);
        if (++events % EVENTS_A_TURN !== 0) continue;
        this.#offsets.set(path, reader.offset);
        yield;
      }
    } finally {
      this.#offsets.set(path, reader.offset);
      reader.close();
    }
  }

  #tell(event: LoggedEvent, { run }: CurveDirectory, listener: CurveListener): void {
    const { step } = event;
    if (!Number.isSafeInteger(step)) return;
    const at = isTime(event.wallTime) ? event.wallTime : 0;
    if (event.kind === 'session' && event.status === 'start') this.#tellStart(run, step, listener);
    if (event.kind !== 'values') return;
    for (const value of event.values)
      if (value.kind === 'scalar') listener.point(this.#key(run, value.tag), step, value.value, at);
      else if (value.kind === 'tombstone') listener.rewind(step, [this.#key(run, value.tag)]);
  }

  #tellStart(run: string, step: number, listener: CurveListener): void {
    const keys = [...(this.#keys.get(run)?.values() ?? [])];
    if (keys.length > 0) listener.rewind(step, keys);
  }

  #key(run: string, tag: string): string {
    let keys = this.#keys.get(run);
    if (keys === undefined) {
      keys = new Map();
      this.#keys.set(run, keys);
    }
    let key = keys.get(tag);
    if (key === undefined) {
      key = prefixOf(run) + tag;
      keys.set(tag, key);
    }
    return key;
  }
}

/** A few milliseconds. */
const EVENTS_A_TURN = 4096;

const prefixOf = (run: string): string => (run === '' || run === OWN_RUN ? '' : `${run}/`);

/** null: it is gone, or is no file that one can read. */
function opened(path: string, offset: number): EventReader | null {
  try {
    return new EventReader(path, { offset });
  } catch {
    return null;
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
