import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** While lines keep coming files are read so often, together, and not watched: an eighth of the processor time. */
const BEAT_MS = 200;
/** So many wakes by a watch within so long, and the beat takes over. */
const MANY = 4;
const HURRY_MS = 100;
/** So many beats in which nothing came, and it is watched again. */
const PATIENCE = 10;
/** Where the system has no watches left (inotify's limits). */
const UNWATCHED_MS = 1000;

/** Calls `wake` whenever there may be more in a file: at once where it was quiet, else with the beat. */
export class Pulse {
  #watcher: FSWatcher | NodeJS.Timeout | null = null;
  #watchesFile = false;
  #wakes = 0;
  #wakesSince = 0;
  #empty = 0;

  constructor(
    private readonly path: string,
    /** True: something had come. */
    private readonly wake: () => boolean,
  ) {
    this.#watch();
  }

  close(): void {
    this.#unwatch();
    leave(this);
  }

  beat(): void {
    this.#empty = this.wake() ? 0 : this.#empty + 1;
    if (this.#empty < PATIENCE) return;
    leave(this);
    this.#watch();
    this.wake(); // what came before the watch was there
  }

  #heard(): void {
    const came = this.wake();
    // The file has come to be, or the watch is of one that is gone.
    if (came && !this.#watchesFile) this.#watch();
    const now = performance.now();
    if (now - this.#wakesSince > HURRY_MS) [this.#wakes, this.#wakesSince] = [0, now];
    if (!came || ++this.#wakes < MANY) return;
    this.#unwatch();
    this.#empty = 0;
    join(this);
  }

  #watch(): void {
    this.#unwatch();
    const name = basename(this.path);
    const listen = (path: string, heard: (event: string, name: string | null) => void): boolean => {
      try {
        this.#watcher = watch(path, { persistent: false }, heard).on('error', () => this.#poll());
        return true;
      } catch {
        return false;
      }
    };
    this.#watchesFile = listen(this.path, (event) => {
      if (event === 'rename') this.#watch();
      this.#heard();
    });
    if (this.#watchesFile) return;
    const heard = (_: string, changed: string | null): void => {
      if (changed === name || changed === null) this.#heard();
    };
    if (!listen(dirname(this.path), heard)) this.#poll();
  }

  #poll(): void {
    this.#unwatch();
    this.#watcher = setInterval(() => this.wake(), UNWATCHED_MS).unref();
  }

  #unwatch(): void {
    if (this.#watcher !== null && 'close' in this.#watcher) this.#watcher.close();
    else if (this.#watcher !== null) clearInterval(this.#watcher);
    this.#watcher = null;
    this.#watchesFile = false;
  }
}

/** One timer for all of them. */
const beating = new Set<Pulse>();
let beat: NodeJS.Timeout | null = null;

function join(pulse: Pulse): void {
  beating.add(pulse);
  beat ??= setInterval(() => {
    for (const each of [...beating]) each.beat();
  }, BEAT_MS);
}

function leave(pulse: Pulse): void {
  beating.delete(pulse);
  if (beating.size > 0 || beat === null) return;
  clearInterval(beat);
  beat = null;
}
