import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is wrong with a checkpoint directory of the `plain` format; empty: nothing. */
export function faultsOf(dir: string): string[] {
  try {
    const manifest = JSON.parse(readFileSync(join(dir, 'MANIFEST.json'), 'utf8'));
    const present = readdirSync(dir).filter((name) => name !== 'MANIFEST.json');
    const strangers = present.filter((name) => !(name in manifest.files));
    const expected = `step-${String(manifest.step).padStart(8, '0')}`;
    return [
      ...(manifest.v === 1 && dir.endsWith(`/${expected}`) ? [] : [`is not ${expected}`]),
      ...strangers.map((name) => `${name} is not in the manifest`),
      ...Object.entries<{ size: number; sha256: string }>(manifest.files).flatMap(
        ([name, { size, sha256 }]) => {
          const content = readFileSync(join(dir, name));
          const same =
            content.length === size && createHash('sha256').update(content).digest('hex') === sha256;
          return same ? [] : [`${name} differs`];
        },
      ),
    ];
  } catch (error) {
    return [String(error)];
  }
}

/** All directories that carry a checkpoint's name, lowest step first, whole or not. */
export function checkpointsIn(dir: string): string[] {
  const names = readdirSync(dir).filter((name) => /^step-\d{8}$/.test(name));
  return names.sort().map((name) => join(dir, name));
}

/** The resume point: the highest step that verifies, over the checkpoint directories of all attempts. */
export function newestValid(dirs: string[]): string | undefined {
  const step = (path: string) => path.slice(-8);
  return dirs
    .flatMap(checkpointsIn)
    .filter((path) => faultsOf(path).length === 0)
    .sort((a, b) => step(a).localeCompare(step(b)))
    .at(-1);
}
