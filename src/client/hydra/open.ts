import { join } from 'node:path';
import type { ConfigTree } from '../../hydra/hydra.js';
import { PACKAGE_ROOT } from '../../install.js';
import { ClientError } from '../errors.js';
import type { Context } from '../verb.js';
import type { Place } from './place.js';
import { problem } from './problem.js';

/** The library, loaded by the verbs that compose and by no other. */
export const library = () => import('../../hydra/hydra.js');

export async function openTree(
  { env, now }: Pick<Context, 'env' | 'now'>,
  place: Place,
): Promise<ConfigTree> {
  const { ConfigTree, HydraError } = await library();
  const { directories, cwd, versionBase, jobName, packages } = place;
  return new ConfigTree({
    directories,
    cwd,
    env,
    versionBase,
    jobName,
    packages,
    now,
    resolvers: {
      // A file of expd's own package.
      expd_file: ([path = null]) => {
        if (typeof path !== 'string') throw new HydraError('TypeError', 'expd_file: the path is text');
        return join(PACKAGE_ROOT, path);
      },
    },
  });
}

/** What a configuration does wrong is the caller's to mend. `about`: what stands before the message. */
export async function composing<T>(work: () => T, about = ''): Promise<T> {
  const { HydraError } = await library();
  try {
    return work();
  } catch (error) {
    if (error instanceof HydraError) throw problem(error, about);
    throw error;
  }
}

export const noConfiguration = (): ClientError =>
  new ClientError('usage', 'there is no conf/config.yaml here or in a directory above', 'write -cp DIR');
