import { join } from 'node:path';
import { HydraError, type Resolver } from '../hydra/hydra.js';
import { PACKAGE_ROOT } from '../install.js';

/** Resolvers of expd's own, beside those of OmegaConf and Hydra. */
export const ownResolvers: Readonly<Record<string, Resolver>> = {
  // A file of expd's own package.
  expd_file: ([path = null]) => {
    if (typeof path !== 'string') throw new HydraError('TypeError', 'expd_file: the path is text');
    return join(PACKAGE_ROOT, path);
  },
};
