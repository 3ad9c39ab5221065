import { changeEnvironment, filterEnvironment } from '../../environment.js';
import type { EnvironmentChange } from '../../gen/expd/v1/runs.js';
import type { Environments } from '../rundir/environment.js';

export type EnvironmentPort = Pick<Environments, 'store' | 'load' | 'release'>;

export const isChange = (change: EnvironmentChange | undefined): change is EnvironmentChange =>
  change !== undefined && (change.replace || change.drop.length > 0 || Object.keys(change.set).length > 0);

/** sha256 of the stored environment after the change; the caller releases it once that is committed. */
export async function changedEnvironment(
  environments: EnvironmentPort,
  envSha: string,
  change: EnvironmentChange | undefined,
): Promise<string> {
  const { replace, replacement, set, drop } = change ?? {
    replace: false,
    replacement: {},
    set: {},
    drop: [],
  };
  const base = replace ? filterEnvironment(replacement).environment : await environments.load(envSha);
  return environments.store(changeEnvironment(base, set, drop));
}
