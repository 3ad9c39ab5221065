import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { countsSteps } from './preset.js';

/**
 * When a checkpoint was written (Unix seconds), where its number may count something else than the steps that are
 * logged: then only this tells what was logged after it. null: its number tells, or it is gone.
 */
export async function savedAt(path: string): Promise<number | null> {
  if (countsSteps(basename(path))) return null;
  const names = await readdir(path).catch(() => []);
  const files = names.length === 0 ? [path] : names.map((name) => join(path, name));
  const times = await Promise.all(
    files.map((file) =>
      lstat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  const newest = times.reduce((last, time) => Math.max(last, time), 0); // there may be very many
  return newest === 0 ? null : newest / 1000;
}
