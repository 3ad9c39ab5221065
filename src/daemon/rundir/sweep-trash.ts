import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sweep } from '../run/sweep.js';
import { INDEX, ownerOf, POINTERS } from './sweep-directories.js';
import { moveToTrash } from './trash.js';

/** The sweep's own directory, where it is still there and its own. */
export async function presentSweep({ dir, ulid }: Sweep): Promise<string[]> {
  return dir !== null && (await ownerOf(dir)) === ulid ? [dir] : [];
}

/**
 * Moves the sweep's directory to the trash; returns where it lies now. One that a project chose for other things as
 * well stays where it is. @throws UserError as moveToTrash
 */
export async function discardSweep(sweep: Sweep, at: number): Promise<string[]> {
  const directories = await presentSweep(sweep);
  for (const directory of directories) if (!(await holdsNothingElse(directory))) return directories;
  return moveToTrash({ project: sweep.project, ulid: sweep.ulid, directories, at });
}

const holdsNothingElse = async (directory: string): Promise<boolean> =>
  (await readdir(directory)).every((name) => OURS.has(name));

const OURS: ReadonlySet<string> = new Set([INDEX, POINTERS, 'multirun.yaml']);

/** The link to a job whose directory has gone. */
export async function dropPointer({ dir }: Sweep, job: number): Promise<void> {
  const link = dir === null ? null : join(dir, POINTERS, String(job));
  const found = link === null ? null : await lstat(link).catch(() => null);
  if (link !== null && found?.isSymbolicLink() === true) await unlink(link).catch(() => {});
}
