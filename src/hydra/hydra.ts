import { hydraSource, storeSource } from './builtin/sources.js';
import { Composer, type Composition, jobConfig } from './compose/composer.js';
import { outlineOf } from './compose/outline.js';
import { Repository } from './compose/repository.js';
import type { Source, VersionBase } from './compose/source.js';
import { FileSource, PackageSource } from './compose/sources.js';
import { argumentOf, contentOf, plain } from './config/argument.js';
import { missingKeys, resolvedContent, resolveInPlace } from './config/content.js';
import { copyDict } from './config/create.js';
import { type Container, children, isContainer, isMissingNode, type Node } from './config/node.js';
import type { Resolver } from './config/resolve.js';
import { HydraError } from './errors.js';
import { localMoment } from './python/strftime.js';
import { type Axis, jobOverrides } from './sweep/axes.js';
import { composeJob, composeJobAlone, type Multirun, planMultirun } from './sweep/multirun.js';
import { Dict, type Value } from './value.js';
import { dumpYaml } from './yaml/dump.js';
import { loadYaml } from './yaml/load.js';

// The library's front: a directory of configurations, composed as Hydra composes it. See README.md.

export interface TreeOptions {
  /** Directories or `pkg://a.b.c`, searched in this order; the first holds the primary configuration. */
  directories: readonly string[];
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
  /** Other sources than directories, e.g. a MemorySource with a stored tree; they stand before the directories. */
  sources?: readonly Source[];
  /** Configurations that a program registers instead of writing files. */
  store?: Source;
}

const NEWEST = { hydra: '1.3.5', python: '3.11.9' };
const DEFAULT_LIMIT = 10_000;

/** A search path. Files are read once, so an instance sees them as they were. */
export class ConfigTree {
  readonly #composer: Composer;
  readonly #repository: Repository;
  readonly #jobName: string;

  constructor(options: TreeOptions) {
    const { env = process.env, versionBase = '1.3', now = Date.now, cwd = process.cwd() } = options;
    const packages = options.packages ?? (() => null);
    const open = (provider: string, path: string): Source => openSource(provider, path, cwd, packages);
    const sources = [
      ...(options.sources ?? []),
      ...options.directories.map((path, n) => open(n === 0 ? 'main' : 'command-line', path)),
    ];
    const [builtin, store] = [hydraSource(true), options.store ?? storeSource(true)];
    this.#jobName = options.jobName ?? 'app';
    this.#repository = new Repository([builtin, ...sources, store], versionBase, () => {});
    this.#composer = new Composer({
      sources,
      builtin,
      store,
      open,
      versionBase,
      surroundings: {
        env,
        now: () => localMoment(now()),
        pythonVersion: options.pythonVersion ?? NEWEST.python,
        loadYaml: (text) => loadYaml(text),
      },
      ...(options.resolvers && { resolvers: options.resolvers }),
      cwd,
      hydraVersion: options.hydraVersion ?? NEWEST.hydra,
    });
  }

  /** Composes one configuration. `config`: its name, null for none. HydraError for what Hydra would refuse. */
  compose(config: string | null, overrides: readonly string[] = []): Composed {
    return new Composed(this.#composer.compose({ config, overrides, mode: 'RUN', jobName: this.#jobName }));
  }

  /** Expands a sweep over overrides such as `lr=0.1,0.01`; `limit`: how many jobs it may have. */
  multirun(config: string | null, overrides: readonly string[], limit = DEFAULT_LIMIT): Sweep {
    const request = { config, overrides, jobName: this.#jobName };
    const options = (group: string): string[] => this.#repository.options(group);
    const plan = planMultirun(this.#composer, request, options, limit);
    return new Sweep(plan, {
      whole: (number) => new Composed(composeJob(this.#composer, request, plan, number).composition),
      alone: (number) => contentOf(composeJobAlone(this.#composer, request, plan, number)),
    });
  }

  /** How a configuration comes about: its defaults list, the same as an outline, and where it was looked for. */
  inspect(config: string | null, overrides: readonly string[] = []): Inspection {
    const { rows, tree, sources } = this.#composer.compose({
      config,
      overrides,
      mode: 'RUN',
      jobName: this.#jobName,
    });
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
}

export interface Inspection {
  /** In the order in which they are merged. */
  defaults: { config: string; package: string; self: boolean; parent: string | null }[];
  /** The primary configuration first; what another brings is one deeper. */
  outline: { depth: number; text: string }[];
  sources: { provider: string; path: string }[];
}

/** Which part of a configuration: the job's own, the hydra node, or both. */
export type Part = 'job' | 'hydra' | 'all';

/** A composed configuration. */
export class Composed {
  constructor(readonly composition: Composition) {}

  /** As `--cfg` prints it. `package`: of a part of it; ConfigKeyError where there is none. */
  yaml(options: { part?: Part; resolve?: boolean; package?: string } = {}): string {
    const { part = 'job', resolve = false } = options;
    const pkg = options.package === '_global_' ? undefined : options.package;
    const root = this.#root(part);
    const node = pkg === undefined ? root : this.#at(root, pkg);
    if (!isContainer(node)) return `${String(plain(argumentOf(node)) ?? 'null')}\n`;
    if (resolve) resolveInPlace(node, this.composition.resolution);
    const header = pkg === undefined ? '' : `# @package ${pkg}\n`;
    return header + dumpYaml(contentOf(node));
  }

  /** With its interpolations as they are. */
  value(part: Part = 'job'): Value {
    return contentOf(this.#root(part));
  }

  /** With its interpolations followed. InterpolationResolutionError for one that leads nowhere. */
  resolved(part: Part = 'job'): Value {
    return resolvedContent(this.#root(part), this.composition.resolution);
  }

  /** What one key holds, interpolations followed; null where there is nothing. */
  select(key: string): Value {
    const found = this.composition.resolution.find(this.composition.root, key);
    return found === null || isMissingNode(found) ? null : plain(argumentOf(found));
  }

  /** The full keys of what has to be given still (`???`). */
  missing(): string[] {
    return missingKeys(this.#root('job'), this.composition.resolution);
  }

  /** The option that each group has; null: none. */
  choices(): ReadonlyMap<string, string | null> {
    const found = this.composition.resolution.find(this.composition.root, 'hydra.runtime.choices');
    const value = found === null ? null : contentOf(found);
    const entries = value instanceof Dict ? [...value] : [];
    return new Map(entries.map(([key, option]) => [String(key), typeof option === 'string' ? option : null]));
  }

  get warnings(): readonly string[] {
    return this.composition.warnings;
  }

  /** The parts stand in trees of their own: reading one changes no other. */
  #root(part: Part): Container {
    const { root } = this.composition;
    if (part === 'job') return jobConfig(this.composition);
    if (part === 'all') return copyDict(root);
    const copy = copyDict(root);
    for (const key of children(copy)?.keys() ?? []) if (key !== 'hydra') children(copy)?.delete(key);
    return withoutHelp(copy);
  }

  #at(root: Container, pkg: string): Node {
    const found = this.composition.resolution.find(root, pkg);
    if (found === null || isMissingNode(found))
      throw new HydraError('ConfigKeyError', `package '${pkg}' not found in config`);
    return found;
  }
}

/** The texts of `--help` say nothing of a configuration. */
function withoutHelp(root: ReturnType<typeof copyDict>): Container {
  const hydra = children(root)?.get('hydra');
  const content = hydra !== undefined && 'struct' in hydra ? children(hydra) : null;
  content?.delete('help');
  content?.delete('hydra_help');
  return root;
}

/** A sweep: how its jobs are made, and each job when it is asked for. */
export class Sweep {
  constructor(
    private readonly plan: Multirun,
    private readonly make: { whole: (number: number) => Composed; alone: (number: number) => Value },
  ) {}

  get jobs(): number {
    return this.plan.jobs;
  }

  get axes(): readonly Axis[] {
    return this.plan.axes;
  }

  /** Sizes of the batches that Hydra would run one after the other. */
  get batches(): readonly number[] {
    return this.plan.batches;
  }

  /** What the jobs start from; `multirun.yaml` holds all of it. */
  get master(): Composed {
    return new Composed(this.plan.master);
  }

  /** The overrides of a job, from 0. */
  overrides(number: number): string[] {
    return jobOverrides(this.plan.axes, number);
  }

  /** Composes a job. */
  job(number: number): Composed {
    return this.make.whole(number);
  }

  /** Composes a job's own configuration, without the hydra node: several times as fast. */
  config(number: number): Value {
    return this.make.alone(number);
  }
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

export { MemorySource } from './compose/memory.js';
export type { VersionBase } from './compose/source.js';
export { HydraError } from './errors.js';
export { sweptTexts } from './override/texts.js';
export { fromTyped, toTyped } from './typed-json.js';
export { Dict, type Key, PathValue, type Value } from './value.js';
export { dumpYaml } from './yaml/dump.js';
export { loadYaml } from './yaml/load.js';
