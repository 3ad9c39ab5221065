import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Checkpoint, checkpointsIn } from './load.js';
import { MANIFEST, nameOf, parseManifest, stepOf } from './manifest.js';
import { type Kept, surplus } from './retain.js';
import { discardCheckpoint, saveCheckpoint, sweepLeftovers } from './save.js';

/** The metric that says which checkpoint is the best: the least is. */
export const LOSS = 'val/loss';

export interface Keeping {
  last: number;
  best: number;
}

/**
 * The checkpoints that one training has in a directory. What lies there of another one, or from after the step that
 * it was resumed from, is left alone until a checkpoint of the same step takes its place.
 */
export class Line {
  #kept: Kept[];

  constructor(
    readonly directory: string,
    readonly keeping: Keeping,
    resumedFrom: Checkpoint | null,
  ) {
    sweepLeftovers(directory);
    this.#kept = resumedFrom !== null && dirname(resumedFrom.path) === directory ? before(resumedFrom) : [];
  }

  /** Adds one, and gives up what need not stay. Throws the error of the file system, with nothing changed. */
  save(
    step: number,
    files: ReadonlyMap<string, Uint8Array>,
    metrics: Readonly<Record<string, number>>,
  ): void {
    saveCheckpoint(this.directory, step, files, metrics);
    this.#kept = [...this.#kept.filter((old) => old.step !== step), { step, loss: metrics[LOSS] ?? null }];
    for (const old of surplus(this.#kept, this.keeping)) {
      discardCheckpoint(join(this.directory, nameOf(old.step)));
      this.#kept = this.#kept.filter((one) => one !== old);
    }
  }
}

function before({ path, step }: Checkpoint): Kept[] {
  return checkpointsIn(dirname(path))
    .map((checkpoint) => ({ step: stepOf(basename(checkpoint)) ?? 0, loss: lossOf(checkpoint) }))
    .filter((one) => one.step <= step);
}

function lossOf(checkpoint: string): number | null {
  try {
    const text = readFileSync(join(checkpoint, MANIFEST), 'utf8');
    return parseManifest(text, stepOf(basename(checkpoint)) ?? 0).metrics?.[LOSS] ?? null;
  } catch {
    // A damaged one is never the best.
    return null;
  }
}
