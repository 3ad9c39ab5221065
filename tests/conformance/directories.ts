import { isAbsolute, join, resolve } from 'node:path';
import type { Composition } from '../../src/hydra/compose/composer.js';
import { argumentOf, plain, shown } from '../../src/hydra/config/argument.js';
import { isMissingNode } from '../../src/hydra/config/node.js';
import { HydraError } from '../../src/hydra/errors.js';

/** The directory of a job as Hydra's own launcher would name it, absolute. */
export function sweepOutputDir(composition: Composition, cwd: string): string {
  const [dir = '', subdir = ''] = ['hydra.sweep.dir', 'hydra.sweep.subdir'].map(
    (key) => selected(composition, key) ?? 'None',
  );
  return resolve(cwd, isAbsolute(subdir) ? subdir : join(dir, subdir));
}

/** The text at a key of a composed configuration, interpolations followed. */
export function textAt(composition: Composition, key: string): string {
  const found = selected(composition, key);
  if (found === null) throw new HydraError('MissingMandatoryValue', `Missing mandatory value: ${key}`);
  return found;
}

function selected({ root, resolution }: Composition, key: string): string | null {
  const found = resolution.find(root, key);
  return found === null || isMissingNode(found) ? null : shown(plain(argumentOf(found)));
}
