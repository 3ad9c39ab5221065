import { mkdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { lstat, readdir, readlink, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failpoint } from '../failpoint.js';
import type { Log } from '../log.js';
import { dropTemporary, type Mark, type Marked, putMark, readMark } from './mark.js';
import { directoryMode } from './modes.js';
import { CwdGone } from './order.js';
import { outputsDir, writerMark } from './paths.js';
import type { Scribe } from './scribe.js';
import { type Step, StepFailed } from './steps.js';
import { inTurn } from './turns.js';

/** A run, as far as it writes curves. */
export interface Writing {
  id: number;
  ulid: string;
  project: string;
  experimentId: string;
}

export type TakenCurves =
  /** Nobody else may write there. `warning`: except from other daemons, for that reason. */
  | { taken: true; warning: string | null }
  /** `by`: who writes there, and what to do where it does no more. */
  | { taken: false; by: string };

export interface WritersPorts {
  state: string;
  scribe: Scribe;
  log: Log;
  /** Who we are. */
  daemon: Pick<Mark, 'daemon' | 'host' | 'user'>;
}

/** A directory that is gone again each time is none: a link to nowhere. */
const MOST_TIMES = 10;
/** File systems that have no symbolic links. */
const UNMARKABLE: ReadonlySet<unknown> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/**
 * One writer for each experiment's curves, among all daemons that share a project: a mark in outputs/.writers, from
 * before the first process of a run until the run is over. Nobody's mark grows old: only whose it is counts, and another's
 * is removed by people alone. Between runs of one daemon its database decides, so its own mark never holds it up.
 * A note in the state directory comes before each mark and goes after it: by that a new daemon finds what it has to remove.
 */
export class Writers {
  constructor(private readonly ports: WritersPorts) {}

  /** Before the first process of an attempt. @throws CwdGone, or what the system says */
  take(run: Writing, { cwd, umask }: { cwd: string; umask: number }): Promise<TakenCurves> {
    return this.#inTurn(run, async () => {
      const file = writerMark(run.project, run.experimentId);
      return inTurn(file, () => this.#take(file, run, cwd, umask));
    });
  }

  /** The run is over, or never began. What it logged is written. */
  leave(run: Pick<Writing, 'id' | 'ulid'>): Promise<void> {
    return this.#inTurn(run, async () => {
      const note = this.#note(run);
      const file = await readlink(note).catch(() => null);
      if (file === null) return;
      await inTurn(file, () => this.#drop(file, run.ulid));
      await unlink(note);
    }).catch((err) => this.ports.log.warn({ event: 'mark_left', runId: run.id, err }));
  }

  /** Whose run, of another daemon, writes an experiment's curves, for people; null: none does. */
  async elsewhere({
    project,
    experimentId,
  }: Pick<Writing, 'project' | 'experimentId'>): Promise<string | null> {
    const found = await this.#whose(writerMark(project, experimentId));
    return found.by === 'another' ? found.who : null;
  }

  /** Runs that have a mark, or were about to get one. */
  async marked(): Promise<Pick<Writing, 'id' | 'ulid'>[]> {
    const names = await readdir(this.#notes).catch(() => []);
    return names.flatMap((name) => {
      const [, id, ulid] = /^(\d+)\.(\w+)$/.exec(name) ?? [];
      return id === undefined || ulid === undefined ? [] : [{ id: Number(id), ulid }];
    });
  }

  async #take(file: string, run: Writing, cwd: string, umask: number): Promise<TakenCurves> {
    const { state, daemon } = this.ports;
    for (let times = 1; ; times++) {
      const found = await this.#whose(file);
      if (found.by === 'another') return { taken: false, by: waitsFor(run, found.who) };
      this.#putNote(run, file);
      if (found.by === 'us' && found.ulid === run.ulid) return { taken: true, warning: null };
      failpoint('beforeMark');
      const mark: Mark = { ...daemon, state, runId: run.id, ulid: run.ulid };
      try {
        if (!(await putMark(file, mark, found.by === 'us'))) continue;
        failpoint('afterMark');
        return { taken: true, warning: null };
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        // Not made yet, or it was empty and went with the last run in it.
        if (code === 'ENOENT' && times < MOST_TIMES)
          await this.#haveDirectories(file, run.project, cwd, umask);
        else if (UNMARKABLE.has(code)) return { taken: true, warning: unmarkable(file, String(code)) };
        else throw cause;
      }
    }
  }

  /** One of ours that was made by another path is another project's, of which the database knows nothing here. */
  async #whose(file: string): Promise<Marked> {
    const { daemon, host } = this.ports.daemon;
    const found = await readMark(file, daemon, host);
    if (found.by !== 'us') return found;
    const made = await readlink(this.#note(found)).catch(() => file);
    return made === file ? found : { by: 'another', who: `run ${found.id}, which has it as ${made}` };
  }

  async #drop(file: string, ulid: string): Promise<void> {
    const { daemon, host } = this.ports.daemon;
    await dropTemporary(file, daemon);
    const found = await readMark(file, daemon, host);
    if (found.by === 'us' && found.ulid === ulid) await unlink(file);
    await dropDirectory(dirname(file)).catch(() => {}); // others are in it
  }

  async #haveDirectories(file: string, project: string, cwd: string, umask: number): Promise<void> {
    const mode = directoryMode(umask);
    const steps: Step[] = [outputsDir(project), dirname(file)].map((path) => ({ do: 'have', path, mode }));
    await this.ports.scribe.carryOut([{ do: 'look', path: cwd }, ...steps]).catch((cause: unknown) => {
      throw cause instanceof StepFailed && cause.step.do === 'look' && cause.code === 'ENOENT'
        ? new CwdGone(cwd)
        : cause;
    });
  }

  /** In one turn of the event loop: a few calls on the state's own disk. */
  #putNote(run: Writing, file: string): void {
    const note = this.#note(run);
    try {
      symlinkSync(file, note);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EEXIST' && readlinkSync(note) === file) return;
      if (code === 'EEXIST') unlinkSync(note);
      else if (code === 'ENOENT') mkdirSync(this.#notes, { mode: 0o700 });
      else throw cause;
      symlinkSync(file, note);
    }
  }

  #note = ({ id, ulid }: Pick<Writing, 'id' | 'ulid'>): string => join(this.#notes, `${id}.${ulid}`);

  get #notes(): string {
    return join(this.ports.state, 'writing');
  }

  #inTurn = <T>({ ulid }: Pick<Writing, 'ulid'>, work: () => Promise<T>): Promise<T> =>
    inTurn(`writing ${ulid}`, work);
}

/** But who gave the directory bits of its own made it to stay. */
async function dropDirectory(path: string): Promise<void> {
  const { uid, mode } = await lstat(path);
  if (uid === process.getuid!() && (mode & 0o7000) === 0) await rmdir(path);
}

/** Why a run waits, and what to do where it would wait for ever. */
export const waitsFor = (
  { project, experimentId }: Pick<Writing, 'project' | 'experimentId'>,
  who: string,
): string =>
  `experiment ${experimentId} is being written by ${who}; if that is gone for good, remove ${writerMark(project, experimentId)}`;

const unmarkable = (file: string, code: string): string =>
  `${dirname(file)} has no symbolic links (${code}): nothing keeps other machines from writing the same curves`;
