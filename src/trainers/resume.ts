import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Checkpoint, checkpointsIn, loadCheckpoint, newestCheckpoint } from './checkpoint/load.js';
import { stepOf } from './checkpoint/manifest.js';
import type { Places } from './places.js';
import { reason } from './reason.js';
import { TrainerError } from './trainer-error.js';

/**
 * What a training goes on from, by the knob `resume`: that very checkpoint, or of a directory the newest sound one
 * (each that is passed over is said); null for a fresh start.
 * @throws TrainerError where there is none: what was to be resumed never starts from nothing.
 */
export function resumePoint(resume: string, places: Places): Checkpoint | null {
  if (resume === '') return freshStart(places);
  const path = resolve(resume);
  try {
    if (stepOf(basename(path)) !== null) return loadCheckpoint(path);
    const { checkpoint, warnings } = newestCheckpoint(path);
    for (const warning of warnings) console.warn(`warning: ${warning}`);
    if (checkpoint === null)
      throw new Error(warnings.length > 0 ? 'no checkpoint there is sound' : 'no step-<8 digits> is there');
    return checkpoint;
  } catch (cause) {
    throw new TrainerError(`cannot resume from ${path}: ${reason(cause)}`, 1, { cause });
  }
}

/** Whoever starts a training by hand twice means to go on more often than to start over. */
function freshStart({ followed, checkpoints }: Places): null {
  if (!followed && existsSync(checkpoints) && checkpointsIn(checkpoints).length > 0)
    throw new TrainerError(
      `there are checkpoints in ${checkpoints}: resume=${checkpoints} goes on from them, another output= starts anew`,
    );
  return null;
}
