import { statSync } from 'node:fs';
import { join } from 'node:path';

/** The directory of a Python package (`a.b.c` or `a/b/c`), looked for in directories in their order; null: nowhere. */
export function packageDirectory(name: string, searched: readonly string[]): string | null {
  const parts = name.replaceAll('/', '.').split('.').filter(Boolean);
  for (const directory of searched) {
    const at = join(directory, ...parts);
    if (statSync(at, { throwIfNoEntry: false })?.isDirectory()) return at;
  }
  return null;
}
