import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Place } from '../../composition/place.js';
import { PACKAGE_ROOT } from '../../install.js';
import { type Flags, list, text, type Values } from '../arguments.js';
import { ClientError } from '../errors.js';

/** Where a configuration is looked for, named as Hydra names it. */
export const PLACE_FLAGS = {
  'config-path': text('DIR', 'directory of the configurations; else conf here or in a directory above (-cp)'),
  'config-name': text('NAME', 'name of the primary configuration; else config (-cn)'),
  'config-dir': list('DIR', 'a further directory of configurations (-cd); may be repeated'),
} satisfies Flags;

/** Where a configuration lies, and whose it is. */
export interface OpenPlace extends Place {
  /** Nobody's project: the configurations that come with expd. */
  shipped: boolean;
}

/** What is said where they are used. */
export const SHIPPED =
  'no conf/config.yaml here or in a directory above: using the configurations that come with expd';

const SHIPPED_CONF = join(PACKAGE_ROOT, 'conf');

/** The project's own configurations, else those that come with expd. */
export function projectPlace(flags: Values<typeof PLACE_FLAGS>, cwd: string): OpenPlace {
  const given = flags['config-path'];
  const name = flags['config-name'] ?? 'config';
  const found = given === undefined ? nearestConf(cwd, name) : existing(given, cwd);
  if (found === null && !holds(SHIPPED_CONF, name)) throw nowhere(name);
  return {
    directory: found ?? SHIPPED_CONF,
    further: flags['config-dir'].map((directory) => existing(directory, cwd)),
    config: name,
    versionBase: '1.3',
    jobName: 'run',
    cwd,
    packages: () => null,
    shipped: found === null,
  };
}

/** `conf` with the primary configuration, in the directory or the nearest above it. */
function nearestConf(cwd: string, name: string): string | null {
  for (let at = cwd; ; at = dirname(at)) {
    const conf = join(at, 'conf');
    if (holds(conf, name)) return conf;
    if (dirname(at) === at) return null;
  }
}

/** The name may have its suffix, as Hydra allows. */
const holds = (conf: string, name: string): boolean =>
  statSync(join(conf, `${name.replace(/\.ya?ml$/, '')}.yaml`), { throwIfNoEntry: false })?.isFile() ?? false;

const nowhere = (name: string): ClientError =>
  new ClientError('usage', `there is no conf/${name}.yaml here or in a directory above`, 'write -cp DIR');

function existing(directory: string, cwd: string): string {
  if (directory.includes('://')) return directory;
  const path = resolve(cwd, directory);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  throw new ClientError(
    'usage',
    `there is no directory ${path}`,
    'write the directory of the configurations',
  );
}
