import { lstat, mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { outputsDir, trashDir } from './paths.js';
import { utcStamp } from './utc.js';

/** The directories that are there, each once and in order: where the files of a run lie. */
export async function presentDirectories(directories: readonly string[]): Promise<string[]> {
  const distinct = [...new Set(directories.filter((directory) => directory !== ''))];
  const present = await Promise.all(distinct.map(async (directory) => (await kindOf(directory)) !== null));
  return distinct.filter((_, n) => present[n]);
}

/**
 * Moves the directories of a run to `outputs/.trash/<utc>_<ulid>/<where they lay below outputs>` and returns where
 * they lie now. What is already gone is passed over. All are looked at before the first is moved.
 * @throws UserError unsafe_place for a link, for what is not ours or holds the project's outputs; storage_failed across file systems.
 */
export async function moveToTrash(of: {
  project: string;
  ulid: string;
  directories: readonly string[];
  /** Unix ms. */
  at: number;
}): Promise<string[]> {
  const present = await presentDirectories(of.directories);
  for (const directory of present) await refuseForeign(directory);
  const outputs = outputsDir(of.project);
  const trash = trashDir(of.project);
  for (const directory of present) refuseAbove(resolve(directory), outputs);
  if (present.length > 0 && (await kindOf(trash)) !== null) await refuseForeign(trash);
  const place = join(trash, `${utcStamp(of.at)}_${of.ulid}`);
  const moved: string[] = [];
  for (const directory of present) {
    const below = relative(outputs, resolve(directory));
    const target = join(place, below === '' || below.startsWith('..') ? basename(directory) : below);
    moved.push(await move(directory, target));
  }
  return moved;
}

/** Renamed, never copied; a name that is taken (two directories of the same name) gets a suffix. */
async function move(directory: string, target: string): Promise<string> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  for (let n = 1; ; n++) {
    const free = n === 1 ? target : `${target}_${n}`;
    if ((await kindOf(free)) !== null) continue;
    try {
      await rename(directory, free);
      return free;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EXDEV') throw cause;
      throw new UserError(
        'storage_failed',
        `${directory} lies on another file system than the trash`,
        'remove it yourself, then rm without --files',
        { cause },
      );
    }
  }
}

/** A project may name any directory as that of a run (`hydra.run.dir=.`): one in which all others lie stays. */
function refuseAbove(directory: string, outputs: string): void {
  if (!`${outputs}/`.startsWith(directory === '/' ? '/' : `${directory}/`)) return;
  throw new UserError(
    'unsafe_place',
    `${directory} is no directory of this run alone`,
    'remove what it left there yourself, then rm without --files',
  );
}

async function refuseForeign(directory: string): Promise<void> {
  const kind = await kindOf(directory);
  if (kind === 'ours') return;
  throw new UserError(
    'unsafe_place',
    `${directory} is ${kind === 'link' ? 'a symbolic link' : 'not a directory of yours'}`,
    'look at it, remove it yourself, then rm without --files',
  );
}

async function kindOf(path: string): Promise<'ours' | 'link' | 'foreign' | null> {
  const found = await lstat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return null;
    throw cause;
  });
  if (found === null) return null;
  if (found.isSymbolicLink()) return 'link';
  return found.isDirectory() && found.uid === process.getuid!() ? 'ours' : 'foreign';
}
