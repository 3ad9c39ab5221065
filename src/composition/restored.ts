import type { Configuration, ConfigurationSource, ConfigurationTree } from '../gen/expd/v1/runs.js';
import {
  ConfigTree,
  FileSource,
  HydraError,
  MemorySource,
  PackageSource,
  type Source,
} from '../hydra/hydra.js';
import { ownResolvers } from './resolvers.js';

export interface Restoring {
  env: Readonly<Record<string, string | undefined>>;
  now: () => number;
  cwd: string;
  /** The files that were kept, or those that lie in their places now. */
  from: 'kept' | 'disk';
}

/** The search path that a configuration was composed from. */
export function restoredTree(
  { versionBase, jobName }: Pick<Configuration, 'versionBase' | 'jobName'>,
  tree: ConfigurationTree,
  { env, now, cwd, from }: Restoring,
): ConfigTree {
  const sources = tree.sources.map(from === 'kept' ? keptSource : diskSource);
  const isNamed = (source: Source): boolean => source.provider.startsWith('hydra.searchpath');
  return new ConfigTree({
    directory: null,
    sources: sources.filter((source) => !isNamed(source)),
    // What the configuration itself adds to the search path.
    open: (_, path) => {
      const found = sources.find(
        (source) => isNamed(source) && path.replace(/^\w+:\/\//, '') === source.path,
      );
      if (found !== undefined) return found;
      throw new HydraError('MissingConfigException', `${path} was not on the search path of the run`);
    },
    cwd,
    env,
    now,
    jobName,
    versionBase: versionBase === '1.1' || versionBase === '1.2' ? versionBase : '1.3',
    resolvers: ownResolvers,
  });
}

function keptSource({ provider, path, scheme, files }: ConfigurationSource): Source {
  const content = files.map(
    (file) => [file.path, { kind: 'text' as const, text: file.text, file: file.path }] as const,
  );
  return new MemorySource(provider, path, new Map(content), scheme === 'pkg' ? 'pkg' : 'file');
}

const diskSource = ({ provider, path, scheme, directory }: ConfigurationSource): Source =>
  scheme === 'pkg'
    ? new PackageSource(provider, path, () => directory || null)
    : new FileSource(provider, path, directory || null);

/** The overrides behind a configuration, for composing it again as one run. */
export const overridesOf = ({
  overrides,
  hydraOverrides,
}: Pick<Configuration, 'overrides' | 'hydraOverrides'>): string[] => [
  // A job of a sweep is a run by itself.
  ...hydraOverrides.filter((word) => !/^[+~]*hydra\.mode=/.test(word)),
  'hydra.mode=RUN',
  ...overrides,
];
