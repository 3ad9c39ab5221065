import { opendir, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { tensorboardDir } from './paths.js';
import { moveToTrash } from './trash.js';

/** So many are looked at one by one; beyond, what there is is listed first. */
const FEW = 4;

/** Those of the experiment ids under which there are curves. */
export async function experimentsWithCurves(
  project: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const candidates = ids.length <= FEW ? [...ids] : await listed(project, ids);
  const filled = await Promise.all(candidates.map((id) => hasCurves(project, id)));
  return new Set(candidates.filter((_, n) => filled[n]));
}

/** Whether anything lies where the experiment's curves are kept. */
export async function hasCurves(project: string, experimentId: string): Promise<boolean> {
  const directory = await opendir(tensorboardDir(project, experimentId)).catch(() => null);
  if (directory === null) return false;
  try {
    return (await directory.read()) !== null;
  } finally {
    await directory.close();
  }
}

/** Moves an experiment's curves to the project's trash. @throws UserError unsafe_place, storage_failed */
export async function discardExperiment(of: {
  project: string;
  experimentId: string;
  /** Of the run that takes its place. */
  ulid: string;
  /** Unix ms. */
  at: number;
}): Promise<void> {
  const { project, ulid, at } = of;
  await moveToTrash({ project, ulid, at, directories: [tensorboardDir(project, of.experimentId)] });
}

async function listed(project: string, ids: readonly string[]): Promise<string[]> {
  const there = new Set(await readdir(dirname(tensorboardDir(project, 'x'))).catch(() => []));
  return ids.filter((id) => there.has(id));
}
