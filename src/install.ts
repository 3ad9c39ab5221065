import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The directory of the installed package, whether this runs as a bundle in dist/ or from source. */
export const PACKAGE_ROOT = packageRoot(import.meta.dirname);

function packageRoot(from: string): string {
  if (existsSync(join(from, 'package.json')) && existsSync(join(from, 'proto'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('not inside the expd package');
  return packageRoot(parent);
}
