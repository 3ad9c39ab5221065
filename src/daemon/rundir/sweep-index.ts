import { readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { redactArgv } from '../../secrets.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Sweep } from '../run/sweep.js';
import type { StoredRun } from '../store/stored.js';
import { replaceLink } from './atomic.js';
import { fileMode } from './modes.js';
import type { Scribe } from './scribe.js';
import { headOf, INDEX, POINTERS } from './sweep-directories.js';
import { inTurn } from './turns.js';

export interface SweepIndexPorts {
  clock: Clock;
  log: Log;
  scribe: Scribe;
  sweep(id: number): Sweep | null;
  jobsOf(sweepId: number): StoredRun[];
}

/** A sweep of a thousand jobs has a long index: it is written at most as often. */
const EVERY_MS = 1000;

/** Keeps runs_index.json and runptrs/ of sweeps in step with their jobs. */
export class SweepIndex {
  /** By the id of the sweep: how to forget the next writing. */
  readonly #due = new Map<number, { umask: number; forget: () => void }>();

  constructor(private readonly ports: SweepIndexPorts) {}

  /** The newest attempt of a job has another directory. */
  async point(run: StoredRun): Promise<void> {
    const sweep = run.job === null ? null : this.ports.sweep(run.job.sweep);
    if (run.job === null || sweep?.dir == null || run.runDir === null) return;
    const pointers = join(sweep.dir, POINTERS);
    await pointTo(join(pointers, String(run.job.number)), relative(pointers, run.runDir));
  }

  /** Something has happened to a job of it. `umask`: of who submitted. */
  touch(sweepId: number, umask: number): void {
    if (this.#due.has(sweepId)) return;
    const { clock } = this.ports;
    const forget = clock.at(clock.now() + EVERY_MS, () => {
      this.#due.delete(sweepId);
      void this.#write(sweepId, umask);
    });
    this.#due.set(sweepId, { umask, forget });
  }

  /** Writes what is due. */
  async close(): Promise<void> {
    const due = [...this.#due];
    this.#due.clear();
    await Promise.all(
      due.map(([sweepId, { umask, forget }]) => {
        forget();
        return this.#write(sweepId, umask);
      }),
    );
  }

  async #write(sweepId: number, umask: number): Promise<void> {
    const { log, scribe } = this.ports;
    const sweep = this.ports.sweep(sweepId);
    if (sweep?.dir == null) return;
    const content = indexJson(sweep, this.ports.jobsOf(sweepId));
    const path = join(sweep.dir, INDEX);
    await inTurn(sweep.dir, () =>
      scribe.carryOut([{ do: 'replace', path, mode: fileMode(umask), content }]),
    ).catch((err) => log.warn({ event: 'sweep_index_not_written', sweepId, err }));
  }
}

/** A line for each job. */
export function indexJson(sweep: Sweep, jobs: readonly StoredRun[]): string {
  const lines = jobs.map((run) =>
    JSON.stringify({
      job: run.job?.number,
      run: run.id,
      ulid: run.ulid,
      experiment_id: run.experimentId,
      overrides: redactArgv(run.overrides),
      state: run.state,
      attempt: run.attempt,
      run_dir: run.runDir === null || sweep.dir === null ? null : relative(sweep.dir, run.runDir),
    }),
  );
  const head = JSON.stringify(headOf(sweep)).slice(0, -1);
  return `${head},"jobs":[\n${lines.join(',\n')}\n]}\n`;
}

/** A link, new or moved; what is no link of ours stays. */
async function pointTo(path: string, target: string): Promise<void> {
  const there = await readlink(path).catch((cause: NodeJS.ErrnoException) =>
    cause.code === 'ENOENT' ? null : cause.code === 'EINVAL' ? target : '',
  );
  if (there === target) return;
  await replaceLink(path, target);
}
