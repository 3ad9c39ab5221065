import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Progress, Standing } from '../run/progress.js';
import type { TailProgress } from './metrics-tail.js';

export interface BookPorts {
  clock: Clock;
  log: Log;
  /** Durably; false: the disk took nothing. */
  save(progress: Progress, standings: Standing[], anew: boolean): Promise<boolean>;
}

/** What is lost with a daemon that is killed is found again in the event files. */
const SAVED_EVERY_MS = 5000;

interface Page {
  progress: Progress;
  standings: Map<string, Standing>;
  unsaved: Set<string>;
  anew: boolean;
  dirty: boolean;
}

/** How active runs stand, in memory for whoever asks, and now and then in the database. */
export class ProgressBook {
  readonly #pages = new Map<number, Page>();
  #forget: (() => void) | null = null;

  constructor(private readonly ports: BookPorts) {}

  take(told: readonly TailProgress[]): void {
    for (const { changed, anew, ...progress } of told) {
      let page = this.#pages.get(progress.runId);
      if (page === undefined || anew) {
        page = { progress, standings: new Map(), unsaved: new Set(), anew, dirty: true };
        this.#pages.set(progress.runId, page);
      }
      page.progress = progress;
      page.dirty = true;
      for (const standing of changed) {
        page.standings.set(standing.key, standing);
        page.unsaved.add(standing.key);
      }
    }
    if (this.#pages.size === 0) return;
    this.#forget ??= this.ports.clock.at(this.ports.clock.now() + SAVED_EVERY_MS, () => {
      this.#forget = null;
      for (const page of this.#pages.values()) void this.#save(page);
    });
  }

  /** null: it has said nothing since this daemon follows it. */
  progress(runId: number): Progress | null {
    return this.#pages.get(runId)?.progress ?? null;
  }

  /** By key. */
  standings(runId: number): Standing[] | null {
    const page = this.#pages.get(runId);
    return page === undefined ? null : [...page.standings.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Nothing more comes of an attempt; of the run, where it was the last one. */
  async close(runId: number, attempt: number, isLast: boolean): Promise<void> {
    const page = this.#pages.get(runId);
    // The next one may be under way.
    if (page?.progress.attempt !== attempt) return;
    page.progress = { ...page.progress, stepsPerSecond: null };
    page.dirty = true;
    await this.#save(page);
    if (isLast && !page.dirty && this.#pages.get(runId) === page) this.#pages.delete(runId);
  }

  stop(): void {
    this.#forget?.();
  }

  async #save(page: Page): Promise<void> {
    if (!page.dirty) return;
    const keys = [...page.unsaved];
    const { anew } = page;
    page.dirty = page.anew = false;
    page.unsaved.clear();
    const saved = await this.ports
      .save(
        page.progress,
        keys.map((key) => page.standings.get(key)!),
        anew,
      )
      .catch((err) => {
        this.ports.log.warn({ event: 'progress_not_saved', runId: page.progress.runId, err });
        return false;
      });
    if (saved) return;
    page.dirty = true;
    page.anew ||= anew;
    for (const key of keys) page.unsaved.add(key);
  }
}
