import { hydraSource, storeSource } from './builtin/sources.js';
import { amended } from './compose/amend.js';
import { Composer } from './compose/composer.js';
import { outlineOf } from './compose/outline.js';
import { Repository } from './compose/repository.js';
import type { Content, Source, VersionBase } from './compose/source.js';
import { FileSource, PackageSource } from './compose/sources.js';
import { Composed, Sweep } from './composed.js';
import type { Resolver } from './config/resolve.js';
import { HydraError } from './errors.js';
import { isHydraOverride, parseOverrides } from './override/override.js';
import { localMoment } from './python/strftime.js';
import { resolveStored, textIn } from './stored.js';
import { type Axis, axesOf, countJobs, jobOverrides } from './sweep/axes.js';
import { composeJob, composeJobAlone, jobVariant, planMultirun } from './sweep/multirun.js';
import type { Dict, Value } from './value.js';
import { loadYaml } from './yaml/load.js';

// The library's front: a directory of configurations, composed as Hydra composes it. See README.md.

export interface TreeOptions {
  /** The directory of the primary configuration, or `pkg://a.b.c`; null: only what Hydra and the store have. */
  directory: string | null;
  /** Directories that are searched behind it. */
  further?: readonly string[];
  /** What relative paths are relative to. Default: the working directory. */
  cwd?: string;
  /** What `oc.env` sees. Default: that of this process. */
  env?: Readonly<Record<string, string | undefined>>;
  versionBase?: VersionBase;
  /** `hydra.job.name` unless the configuration has one. */
  jobName?: string;
  /** Where a Python package lies, for `pkg://`. */
  packages?: (dotted: string) => string | null;
  /** Resolvers beside OmegaConf's and Hydra's. */
  resolvers?: Readonly<Record<string, Resolver>>;
  /** Milliseconds since the epoch, for `now`. */
  now?: () => number;
  /** As `hydra.runtime.version` shows it. */
  hydraVersion?: string;
  /** As `python_version` shows it. */
  pythonVersion?: string;
  /** Other sources than directories, e.g. a MemorySource with a stored tree; they are searched before the directories. */
  sources?: readonly Source[];
  /** Makes a source of an entry of `hydra.searchpath`. Default: a directory or package. */
  open?: (provider: string, path: string) => Source;
  /** Configurations that a program registers instead of writing files, by path without extension. */
  store?: ReadonlyMap<string, Content>;
}

const NEWEST = { hydra: '1.3.5', python: '3.11.9' };
const DEFAULT_LIMIT = 10_000;

const surroundingsOf = (
  env: NonNullable<TreeOptions['env']>,
  now: () => number,
  pythonVersion = NEWEST.python,
) => ({ env, now: () => localMoment(now()), pythonVersion, loadYaml: (text: string) => loadYaml(text) });

/** A search path. Files are read once, so an instance sees them as they were. */
export class ConfigTree {
  readonly #composer: Composer;
  readonly #repository: Repository;
  readonly #jobName: string;

  constructor(options: TreeOptions) {
    const { env = process.env, versionBase = '1.3', now = Date.now, cwd = process.cwd() } = options;
    const packages = options.packages ?? (() => null);
    const open =
      options.open ?? ((provider: string, path: string) => openSource(provider, path, cwd, packages));
    const sources = [
      ...(options.sources ?? []),
      ...(options.directory === null ? [] : [open('main', options.directory)]),
      ...(options.further ?? []).map((path) => open('command-line', path)),
    ];
    const [builtin, store] = [hydraSource(true), storeSource(true, options.store)];
    this.#jobName = options.jobName ?? 'app';
    this.#repository = new Repository([builtin, ...sources, store], versionBase, () => {});
    this.#composer = new Composer({
      sources,
      builtin,
      store,
      open,
      versionBase,
      surroundings: surroundingsOf(env, now, options.pythonVersion),
      ...(options.resolvers && { resolvers: options.resolvers }),
      cwd,
      hydraVersion: options.hydraVersion ?? NEWEST.hydra,
    });
  }

  /** Composes one configuration. `config`: its name, null for none. HydraError for what Hydra would refuse. */
  compose(config: string | null, overrides: readonly string[] = [], { jobName }: JobName = {}): Composed {
    return new Composed(
      this.#composer.compose({ ...this.#request(config, overrides, jobName), mode: 'RUN' }),
    );
  }

  /** Expands a sweep over overrides such as `lr=0.1,0.01`. */
  multirun(config: string | null, overrides: readonly string[], options: SweepOptions = {}): Sweep {
    const request = this.#request(config, overrides, options.jobName);
    const optionsOf = (group: string): string[] => this.#repository.options(group);
    const plan = planMultirun(this.#composer, request, optionsOf, options.limit ?? DEFAULT_LIMIT);
    return new Sweep(plan, {
      whole: (number) => composeJob(this.#composer, request, plan, number).composition,
      alone: (number) => composeJobAlone(this.#composer, request, plan, number),
      variant: (number) => jobVariant(this.#composer, request, plan, number),
    });
  }

  /** What the configuration itself says of `hydra.mode`; null where it says nothing, or does not compose. */
  mode(config: string | null, overrides: readonly string[]): 'RUN' | 'MULTIRUN' | null {
    try {
      const request = { ...this.#request(config, overrides), validateSweeps: false };
      const mode = new Composed(this.#composer.compose({ ...request, mode: 'MULTIRUN' })).select(
        'hydra.mode',
      );
      return mode === 'RUN' || mode === 'MULTIRUN' ? mode : null;
    } catch (error) {
      if (error instanceof HydraError) return null;
      throw error;
    }
  }

  /** The files that took part in what was composed so far. */
  taken(): { source: Source; path: string; text: string }[] {
    return this.#composer.taken().filter(({ source }) => source.provider !== 'hydra');
  }

  /** Overrides with more behind them; what chooses an option of a group replaces an earlier choice. */
  amend(overrides: readonly string[], more: readonly string[]): string[] {
    return amended(this.#repository, overrides, more);
  }

  /** How a configuration comes about: its defaults list, the same as an outline, and where it was looked for. */
  inspect(config: string | null, overrides: readonly string[] = []): Inspection {
    const request = this.#request(config, overrides);
    const { rows, tree, sources } = this.#composer.compose({ ...request, mode: 'RUN' });
    return {
      defaults: rows.map(({ configPath, package: pkg, isSelf: self, parent }) => ({
        config: configPath,
        package: pkg,
        self,
        parent,
      })),
      outline: outlineOf(tree),
      sources: sources.map(({ provider, scheme, path }) => ({ provider, path: `${scheme}://${path}` })),
    };
  }

  /** The options of a group, sorted. */
  options(group: string): string[] {
    return this.#repository.options(group);
  }

  /** The groups in a group; '' is the root. */
  groups(group: string): string[] {
    return this.#repository.groups(group);
  }

  #request(config: string | null, overrides: readonly string[], jobName = this.#jobName) {
    return { config, overrides, jobName };
  }
}

/** `hydra.job.name` unless the configuration has one; default: that of the tree. */
interface JobName {
  jobName?: string;
}

interface SweepOptions extends JobName {
  /** How many jobs it may have; default 10,000. LimitError for more. */
  limit?: number;
}

export interface Inspection {
  /** In the order in which they are merged. */
  defaults: { config: string; package: string; self: boolean; parent: string | null }[];
  /** The primary configuration first; what another brings is one deeper. */
  outline: { depth: number; text: string }[];
  sources: { provider: string; path: string }[];
}

function openSource(
  provider: string,
  path: string,
  cwd: string,
  packages: (dotted: string) => string | null,
): Source {
  const scheme = /^([a-z]+):\/\//.exec(path)?.[1] ?? 'file';
  const rest = path.replace(/^[a-z]+:\/\//, '');
  if (scheme === 'pkg') return new PackageSource(provider, rest, packages);
  if (scheme === 'file') return FileSource.within(provider, rest, cwd);
  throw new HydraError('ValueError', `${path}: there is no source for ${scheme}://`, {
    available: ['file', 'pkg'],
  });
}

/** The jobs of a sweep by its overrides alone, where there is no configuration to check them against. */
export function sweepOverrides(words: readonly string[], limit = DEFAULT_LIMIT): OverrideSweep {
  const overrides = parseOverrides(words).filter((override) => !isHydraOverride(override));
  const axes = axesOf(overrides, () => [], limit);
  return { axes, jobs: countJobs(axes, limit), overrides: (number) => jobOverrides(axes, number) };
}

export interface OverrideSweep {
  axes: readonly Axis[];
  jobs: number;
  /** Of a job, from 0. */
  overrides(number: number): string[];
}

/**
 * The resolved configuration of a job that was composed before, for its program: what only that knows stays as it is
 * written. `hydra`: the node, complete.
 */
export const resolveJob = (
  job: Value,
  hydra: Value,
  { env, now, resolvers = {} }: Pick<TreeOptions, 'env' | 'now' | 'resolvers'>,
): Value => resolveStored(job, hydra, surroundingsOf(env ?? process.env, now ?? Date.now), resolvers);

/** The text at a key of plain values, interpolations followed. HydraError for one that leads nowhere. */
export const textAt = (
  values: Dict<Value>,
  key: string,
  { env, now }: Pick<TreeOptions, 'env' | 'now'>,
): string => textIn(values, key, surroundingsOf(env ?? process.env, now ?? Date.now));

export { MemorySource } from './compose/memory.js';
export { type Content, describeSource, type Source, type VersionBase } from './compose/source.js';
export { Composed, JobConfig, type Part, Sweep } from './composed.js';
export type { Resolver } from './config/resolve.js';
export { HydraError } from './errors.js';
export { valueText } from './override/quoting.js';
export { sweptTexts } from './override/texts.js';
export { str } from './python/text.js';
export { completeNode, type JobOfNode } from './sweep/complete.js';
export { fromTyped, isJsonKey, toTyped, typedText } from './typed-json.js';
export { Dict, isList, type Key, PathValue, type Value } from './value.js';
export { dumpYaml } from './yaml/dump.js';
export { loadYaml } from './yaml/load.js';
export { FileSource, PackageSource };
