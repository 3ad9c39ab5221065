import { lstat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { FSWatcher } from 'chokidar';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { baseOf } from './pattern.js';
import { BY_CONTENT, byName } from './preset.js';

export interface LookoutPorts {
  log: Log;
  clock: Clock;
  /** See Keeper.look. */
  look(runId: number): Promise<{ unsettled: boolean }>;
}

/** Where an attempt that is under way writes its checkpoints. */
export interface Watched {
  attemptId: string;
  runId: number;
  runDir: string;
  /** See Places. */
  pattern: string | null;
  curves: string;
}

interface Watching {
  of: Watched;
  /** null: not yet. */
  watcher: FSWatcher | null;
  /** Forgets what is to be done next. */
  due: (() => void) | null;
  /** When the next look was first asked for; null: nobody asked. */
  since: number | null;
  /** The same for the next look beside the curves. */
  beside: (() => void) | null;
}

/** A save is many files: after the last event it is waited so long … */
const QUIET_MS = 500;
/** … and where one save follows the other without a pause, so long after the first. */
const LONGEST_MS = 10_000;
/** From the start of an attempt. */
const UNWATCHED_MS = 2000;
/** Until what was still being written is looked at again. */
const AGAIN_MS = 2000;
/** Between two looks for the directory in which Lightning has checkpoints beside the curves. */
const BESIDE_MS = 60_000;
const DEEPEST = 6;
/** Names of directories right below a run directory in which nobody looks. */
const PASSED_OVER = new Set(['logs', 'metrics', 'samples', 'plots', 'wandb', 'mlruns', '__pycache__']);

/**
 * Notices checkpoints of the attempts that are under way, and of no others. A notice is a hint: what there is, is read
 * from the disk, at the end of each attempt in any case. What cannot be watched (inotify's limits) is said once.
 */
export class Lookout {
  readonly #watched = new Map<string, Watching>();
  #said = false;
  #closed = false;

  constructor(private readonly ports: LookoutPorts) {}

  /** Whoever is over at once costs no watch. */
  begin(of: Watched): void {
    const { attemptId, runDir } = of;
    if (this.#watched.has(attemptId) || this.#closed || runDir === '') return;
    const due = this.#in(UNWATCHED_MS, () => this.#open(of));
    this.#watched.set(attemptId, { of, watcher: null, due, since: null, beside: null });
  }

  /** Whether it was watched. */
  async end(attemptId: string): Promise<boolean> {
    const watched = this.#watched.get(attemptId);
    this.#watched.delete(attemptId);
    watched?.due?.();
    watched?.beside?.();
    await watched?.watcher?.close();
    return watched?.watcher != null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#watched.keys()].map((id) => this.end(id)));
  }

  async #open({ attemptId, runId, runDir, pattern }: Watched): Promise<void> {
    // Most of what a daemon does needs no watcher: its code is loaded with the first.
    const { watch } = await import('chokidar');
    const watched = this.#watched.get(attemptId);
    if (watched === undefined) return;
    const outside = pattern?.startsWith('/') ? [baseOf(pattern)] : [];
    watched.watcher = watch([runDir, ...outside], {
      ignoreInitial: true,
      followSymlinks: false,
      depth: DEEPEST,
      persistent: false,
      ignored: (path, stats) => isPassedOver(runDir, path, pattern, stats?.isFile() ?? false),
    })
      .on('all', () => this.#after(attemptId, QUIET_MS))
      .on('error', (err) => this.#failed(runId, err));
    // What was written before.
    this.#after(attemptId, QUIET_MS);
    if (pattern === null) await this.#besideCurves(watched);
  }

  /** Curves change all the time: beside them only what can be a checkpoint's directory is watched, once it is there. */
  async #besideCurves(watched: Watching): Promise<void> {
    const { attemptId, curves } = watched.of;
    const directory = join(curves, 'checkpoints');
    const found = await lstat(directory).catch(() => null);
    if (this.#watched.get(attemptId) !== watched) return;
    if (found?.isDirectory() !== true) {
      watched.beside = this.#in(BESIDE_MS, () => this.#besideCurves(watched));
      return;
    }
    watched.watcher?.add(directory);
    this.#after(attemptId, QUIET_MS);
  }

  #in(ms: number, act: () => Promise<void>): () => void {
    const { clock, log } = this.ports;
    return clock.at(
      clock.now() + ms,
      () => void act().catch((err) => log.warn({ event: 'checkpoints_not_watched', err })),
    );
  }

  #after(attemptId: string, ms: number): void {
    const watched = this.#watched.get(attemptId);
    if (watched === undefined) return;
    watched.due?.();
    const now = this.ports.clock.now();
    if (watched.since === null || watched.since > now) watched.since = now; // a clock that went back delays nothing
    const left = Math.max(0, watched.since + LONGEST_MS - now);
    watched.due = this.#in(Math.min(ms, left), () => this.#look(attemptId));
  }

  async #look(attemptId: string): Promise<void> {
    const watched = this.#watched.get(attemptId);
    if (watched === undefined) return;
    watched.due = null;
    watched.since = null;
    const { unsettled } = await this.ports.look(watched.of.runId);
    if (unsettled && watched.due === null) this.#after(attemptId, AGAIN_MS);
  }

  #failed(runId: number, err: unknown): void {
    if (this.#said) return;
    this.#said = true;
    this.ports.log.warn({ event: 'checkpoints_not_watched', runId, err });
  }
}

/** Of files only those that are, or tell of, a checkpoint; of a checkpoint's own directory only its name. */
export function isPassedOver(runDir: string, path: string, pattern: string | null, isFile: boolean): boolean {
  const parts = relative(runDir, path).split(sep);
  const inside = parts[0] !== '..';
  if (parts[0] === '' || (!inside && pattern !== null && path === baseOf(pattern))) return false;
  if (inside && parts.some((part) => part.startsWith('.'))) return true;
  if (inside && PASSED_OVER.has(parts[0]!)) return true;
  const name = parts.at(-1)!;
  if (inside && parts.slice(0, -1).some((part) => byName(part, 'directory') !== null)) return true;
  if (!isFile || pattern !== null) return false;
  return byName(name, 'file') === null && !BY_CONTENT.some(({ files }) => files.includes(name));
}
