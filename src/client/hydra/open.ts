import type { Place } from '../../composition/place.js';
import { ownResolvers } from '../../composition/resolvers.js';
import { ConfigTree, HydraError } from '../../hydra/hydra.js';
import { ClientError } from '../errors.js';
import type { Context } from '../verb.js';
import { problem } from './problem.js';

export function openTree({ env, now }: Pick<Context, 'env' | 'now'>, place: Place): ConfigTree {
  const { directory, further, cwd, versionBase, jobName, packages } = place;
  return new ConfigTree({
    directory,
    further,
    cwd,
    env,
    versionBase,
    jobName,
    packages,
    now,
    resolvers: ownResolvers,
  });
}

/** What a configuration does wrong is the caller's to mend. @throws ClientError */
export function composing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof HydraError)) throw error;
    if (error.type !== 'LimitError') throw problem(error);
    throw new ClientError('usage', error.message, 'EXPD_SWEEP_LIMIT=100000 raises the limit', {
      cause: error,
    });
  }
}

export const noConfiguration = (): ClientError =>
  new ClientError('usage', 'there is no conf/config.yaml here or in a directory above', 'write -cp DIR');
