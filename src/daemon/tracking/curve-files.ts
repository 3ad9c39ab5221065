import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventFiles } from '../../tensorboard/tensorboard.js';

/** What the names of event files end with that the daemon made of a run's metric lines. */
export const OWN_SUFFIX = 'expd';
/** And those with how the run ended. */
export const END_SUFFIX = `end.${OWN_SUFFIX}`;
/** The sub-run that those are in where the script itself writes event files: never two writers in a directory. */
export const OWN_RUN = 'metrics';

/** Scripts nest their runs one or two deep (Keras: train, validation; SummaryWriter.add_scalars: one a tag). */
const DEEPEST = 4;
const MOST_DIRECTORIES = 256;

/** A directory of event files: a run to TensorBoard. */
export interface CurveDirectory {
  path: string;
  /** Relative to the experiment's directory; empty for that itself. */
  run: string;
  /** In the order in which they are read. */
  files: string[];
}

/** Those at and below an experiment's directory, links not followed; directories without event files are left out. */
export function curveDirectories(root: string): CurveDirectory[] {
  const found: CurveDirectory[] = [];
  const waiting = [{ path: root, run: '', depth: 0 }];
  for (let seen = 0; waiting.length > 0 && seen < MOST_DIRECTORIES; seen++) {
    const { path, run, depth } = waiting.shift()!;
    const files = eventFilesOf(path);
    if (files.length > 0) found.push({ path, run, files });
    if (depth === DEEPEST) continue;
    for (const name of directoriesIn(path))
      waiting.push({ path: join(path, name), run: run === '' ? name : `${run}/${name}`, depth: depth + 1 });
  }
  return found;
}

/** Whether the daemon made the file, of metric lines or of how the run ended. */
export const isOwn = (name: string): boolean => name.endsWith(`.${OWN_SUFFIX}`);

export const isEnd = (name: string): boolean => name.endsWith(`.${END_SUFFIX}`);

/** Whether a script writes, or wrote, event files into a directory by itself. */
export const hasForeign = (files: readonly string[]): boolean =>
  files.some((name) => !isOwn(name) && !isMarker(name));

/** Made by writeMarker of src/tensorboard. */
export const isMarker = (name: string): boolean => /\.0\.rewind-\d+\.\d+\.\d+$/.test(name);

/** None where the directory cannot be read. */
export function eventFilesOf(directory: string): string[] {
  try {
    return eventFiles(directory);
  } catch {
    return [];
  }
}

function directoriesIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
