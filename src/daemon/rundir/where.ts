import { join } from 'node:path';
import { claimDirectory } from './claim.js';
import { type Layout, type LayoutValues, ownDirectoryPath, runDirectoryPath } from './layout.js';
import type { AttemptOrder } from './order.js';
import type { Scribe } from './scribe.js';
import { type Step, StepFailed } from './steps.js';

/** Where an attempt's run directory is to be, before it is known whether that is free. */
export interface Wanted {
  /** Absolute. */
  path: string;
  /** Whether each attempt gets a directory of its own, or all attempts of a run share one. */
  per: 'attempt' | 'run';
  /** A project's own `hydra.run.dir`, which may be there already. */
  own: boolean;
}

/** What a project's own configuration says, else the layout. Pure. */
export function wantedDirectory(order: AttemptOrder, layout: Layout, now: number): Wanted {
  const pattern = order.submission.configuration?.composed?.runDir ?? null;
  if (pattern !== null) {
    // With a time in it each start has its own.
    const per = pattern.includes('${now:') ? 'attempt' : 'run';
    return { path: ownDirectoryPath(pattern, now), per, own: true };
  }
  const { per } = layout;
  const values = layoutValues(order, per === 'run' ? order.submittedAt : now);
  return { path: runDirectoryPath(layout, order.submission.project, values), per, own: false };
}

export const layoutValues = (order: AttemptOrder, now: number): LayoutValues => ({
  now,
  name: order.name,
  job: order.job ? String(order.job.number) : '',
  attempt: String(order.attempt),
  run_id: String(order.runId),
  ulid: order.ulid,
  git: order.code?.known ? order.code.commit.slice(0, 8) : '',
  experiment_id: order.experimentId,
  sweep: order.job ? `s${order.job.of.id}` : '',
});

/** Makes a directory that is nobody else's; returns its path. `first`: steps before it. */
export function claimWanted(
  scribe: Scribe,
  { path, per, own }: Wanted,
  mode: number,
  first: readonly Step[],
): Promise<string> {
  return own && per === 'run'
    ? claimOwn(scribe, path, mode, first)
    : claimDirectory(scribe, path, mode, first);
}

/**
 * A directory that a project names itself, without a time in it, is used as it is, whatever lies there: as Hydra does.
 * Only another run's is left alone; mkdir of `.expd` decides whose it is.
 */
async function claimOwn(scribe: Scribe, path: string, mode: number, first: readonly Step[]): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? path : `${path}_${n}`;
    if (await isFree(scribe, candidate, mode, first)) return candidate;
  }
}

async function isFree(scribe: Scribe, path: string, mode: number, first: readonly Step[]): Promise<boolean> {
  try {
    await scribe.carryOut([...first, { do: 'make', path: join(path, '.expd'), mode }]);
    return true;
  } catch (cause) {
    if (!(cause instanceof StepFailed) || cause.step.do !== 'make') throw cause;
    if (cause.code === 'EEXIST') return false;
    if (cause.code !== 'ENOENT') throw cause;
    // Not there yet: then it is made like any other, and is free.
    const made = await claimDirectory(scribe, path, mode);
    if (made !== path) return false;
    await scribe.carryOut([{ do: 'make', path: join(path, '.expd'), mode }]);
    return true;
  }
}
