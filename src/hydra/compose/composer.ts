import { copyDict } from '../config/create.js';
import { type Container, children, DictNode, items, Leaf, ListNode, type Node } from '../config/node.js';
import { Resolution, type Resolver } from '../config/resolve.js';
import { resolvers, type Surroundings } from '../config/resolvers.js';
import { HydraError, isOmegaConfError } from '../errors.js';
import {
  isHydraOverride,
  isSweepOverride,
  keyElement,
  type Override,
  parseOverrides,
  valueKind,
} from '../override/override.js';
import { Choices, isValueOverride } from './choices.js';
import { ensureDistinct, type Row, rowsOf } from './list.js';
import { mergeRows } from './merge-rows.js';
import { Repository } from './repository.js';
import { fillRuntime } from './runtime.js';
import { extendSearchPath, type OpenSource } from './search-path.js';
import { describeSource, type Source, type VersionBase } from './source.js';
import { buildHydraTree, buildTree, type Tree } from './tree.js';
import { applyOverrides } from './values.js';

export type RunMode = 'RUN' | 'MULTIRUN';

export interface Workplace {
  /** The search path in its order, without Hydra's own source and the store. */
  sources: readonly Source[];
  /** Hydra's own configurations: first on the search path. */
  builtin: Source;
  /** What programs register: last on the search path. */
  store: Source;
  open: OpenSource;
  versionBase: VersionBase;
  surroundings: Omit<Surroundings, 'hydra' | 'warn'>;
  /** Resolvers beside OmegaConf's and Hydra's. */
  resolvers?: Readonly<Record<string, Resolver>>;
  cwd: string;
  /** As hydra.runtime.version shows it. */
  hydraVersion: string;
}

export interface Request {
  config: string | null;
  overrides: readonly string[];
  mode: RunMode;
  jobName: string;
  /** false: sweeps are left alone, to see the rest. */
  validateSweeps?: boolean;
}

export interface Composition {
  /** The job's configuration and the hydra node beside it. */
  root: DictNode;
  /** Follows its interpolations, with its own cache. */
  resolution: Resolution;
  rows: readonly Row[];
  tree: Tree;
  overrides: readonly Override[];
  sources: readonly Source[];
  warnings: readonly string[];
}

/** Composes configurations of one search path. Files are read once; what jobs of a sweep share is composed once. */
export class Composer {
  readonly #bases = new Map<string, Base>();
  readonly #repositories = new Map<string, Repository>();
  readonly #words = new Map<string, Override>();

  constructor(private readonly workplace: Workplace) {}

  compose(request: Request): Composition {
    try {
      return this.#compose(request);
    } catch (error) {
      if (!isOmegaConfError(error)) throw error;
      throw new HydraError('ConfigCompositionException', error.message, { ...error.details, cause: error });
    }
  }

  #compose({ config, overrides: words, mode, jobName, validateSweeps = true }: Request): Composition {
    this.#ensureMain();
    const overrides = this.#parse(words);
    const warnings: string[] = [];
    const repository = this.#repository(config, overrides, warnings);
    if (validateSweeps) validate(overrides, mode);
    const base = this.#base(repository, config, overrides, mode);
    const root = copyDict(base.root);
    const resolution = this.#resolution(root, warnings);
    // What they meet on their way may refer to Hydra's configuration, which is there only afterwards.
    applyOverrides(root, valuesAmong(repository, overrides), this.#resolution(null, warnings));
    const { surroundings, cwd, hydraVersion, versionBase } = this.workplace;
    const known = base.choices.known;
    fillRuntime(
      root,
      {
        overrides,
        choices: known,
        env: surroundings.env,
        cwd,
        hydraVersion,
        versionBase,
        sources: repository.sources,
        jobName,
        configName: config,
      },
      resolution,
    );
    const { rows, tree } = base;
    return {
      root,
      resolution,
      rows,
      tree,
      overrides,
      sources: repository.sources,
      warnings: [...base.warnings, ...warnings],
    };
  }

  /**
   * The job's configuration alone, which is what takes part in the checks of a sweep: a hydra node that says the same
   * for all jobs is not copied for each. null where the two refer to each other, so that `compose` is needed.
   */
  composeJob({ config, overrides: words, mode }: Omit<Request, 'jobName'>): Standing | null {
    const overrides = this.#parse(words);
    const repository = this.#repository(config, overrides, []);
    validate(overrides, mode);
    const base = this.#base(repository, config, overrides, mode);
    if (base.entwined) return null;
    const job = copyDict(base.root, 'hydra');
    const values = valuesAmong(repository, overrides).filter((override) => !isHydraOverride(override));
    const resolution = this.#resolution(null, []);
    applyOverrides(job, values, resolution);
    return { root: job, resolution };
  }

  /** Compositions with the same answer differ in values of the job alone: their choices, and so their hydra nodes, are the same. */
  variant({ config, overrides: words, mode }: Omit<Request, 'jobName'>): string {
    const overrides = this.#parse(words);
    const repository = this.#repository(config, overrides, []);
    return variantOf(repository, config, overrides, mode, isHydraOverride);
  }

  /** The files that were read, with their sources. */
  taken(): { source: Source; path: string; text: string }[] {
    return [...this.#repositories.values()].flatMap((repository) => repository.taken());
  }

  /** The jobs of a sweep say the same words again and again. */
  #parse(words: readonly string[]): Override[] {
    return words.map((word) => {
      const known = this.#words.get(word);
      if (known !== undefined) return known;
      const [override] = parseOverrides([word]);
      if (override === undefined) throw new Error('a word gives an override');
      if (this.#words.size >= MOST_WORDS) this.#words.clear();
      this.#words.set(word, override);
      return override;
    });
  }

  #base(repository: Repository, config: string | null, overrides: readonly Override[], mode: RunMode): Base {
    const warnings: string[] = [];
    const key = variantOf(repository, config, overrides, mode);
    const known = this.#bases.get(key);
    if (known !== undefined) return known;
    const choices = new Choices(repository, choosingAmong(repository, overrides));
    const warn = (message: string): void => void warnings.push(message);
    const building = {
      repository,
      choices,
      skipMissing: mode === 'MULTIRUN',
      resolvers: this.#resolvers(null, warn),
      warn,
    };
    const tree = buildTree(config, building);
    const hydra = buildHydraTree(building);
    const rows = [...rowsOf(hydra, '<root>'), ...rowsOf(tree, '<root>')];
    ensureDistinct(rows);
    choices.ensureUsed();
    const root = mergeRows(rows, repository, this.#resolution(null, warnings));
    const base = { root, rows, tree, choices, warnings, entwined: mentionsHydra(root) };
    if (this.#bases.size >= MOST_BASES) this.#bases.clear();
    this.#bases.set(key, base);
    return base;
  }

  #repository(config: string | null, overrides: readonly Override[], warnings: string[]): Repository {
    const key = JSON.stringify([config, searchPathKey(overrides)]);
    const known = this.#repositories.get(key);
    if (known !== undefined) return known;
    const { sources, builtin, store, versionBase, open } = this.workplace;
    const warn = (message: string): void => void warnings.push(message);
    const repository = new Repository(
      [builtin, ...sources, store],
      versionBase,
      warn,
      this.#resolvers(null, warn),
    );
    extendSearchPath(repository, config, overrides, this.#resolvers(null, warn), open, warn);
    this.#repositories.set(key, repository);
    return repository;
  }

  #ensureMain(): void {
    const main = this.workplace.sources.find(({ provider }) => provider === 'main');
    if (main === undefined || main.available()) return;
    throw new HydraError(
      'MissingConfigException',
      main.scheme === 'pkg'
        ? `Primary config module '${main.path}' not found`
        : `Primary config directory not found: ${main.path}`,
      { hint: `search path: ${this.workplace.sources.map(describeSource).join('; ')}` },
    );
  }

  #resolution(root: Container | null, warnings: string[]): Resolution {
    return new Resolution(this.#resolvers(root, (message) => void warnings.push(message)));
  }

  #resolvers(root: Container | null, warn: (message: string) => void): Readonly<Record<string, Resolver>> {
    const { surroundings, resolvers: more } = this.workplace;
    return { ...resolvers({ ...surroundings, warn, hydra: () => root }), ...more };
  }
}

/** A configuration, and what follows its interpolations. */
export type Standing = Pick<Composition, 'root' | 'resolution'>;

interface Base {
  root: DictNode;
  rows: readonly Row[];
  tree: Tree;
  choices: Choices;
  warnings: readonly string[];
  /** The job's configuration refers to the hydra node. */
  entwined: boolean;
}

const MOST_WORDS = 10_000;
const MOST_BASES = 100;

const choosingAmong = (repository: Repository, overrides: readonly Override[]): Override[] =>
  overrides.filter((override) => !isSweepOverride(override) && !isValueOverride(repository, override));

function variantOf(
  repository: Repository,
  config: string | null,
  overrides: readonly Override[],
  mode: RunMode,
  also: (override: Override) => boolean = () => false,
): string {
  const choosing = choosingAmong(repository, overrides).map(({ input }) => input);
  const more = overrides.filter(also).map(({ input }) => input);
  return JSON.stringify([config, mode, searchPathKey(overrides), choosing, more]);
}

const valuesAmong = (repository: Repository, overrides: readonly Override[]): Override[] =>
  overrides.filter((override) => !isSweepOverride(override) && isValueOverride(repository, override));

const mentionsHydra = (root: DictNode): boolean =>
  [...(children(root) ?? [])].some(([key, node]) => key !== 'hydra' && mentions(node));

function mentions(node: Node): boolean {
  if (node instanceof Leaf) return typeof node.value === 'string' && /\$\{\s*hydra\b/.test(node.value);
  if (node instanceof DictNode) return (children(node)?.values() ?? []).some(mentions);
  return node instanceof ListNode && (items(node) ?? []).some(mentions);
}

const searchPathKey = (overrides: readonly Override[]): string | null =>
  overrides.find((override) => override.key === 'hydra.searchpath' && keyElement(override) === override.key)
    ?.input ?? null;

/** A sweep is a word of the command line that stands for several values: it needs --multirun. */
function validate(overrides: readonly Override[], mode: RunMode): void {
  for (const override of overrides) {
    if (!isSweepOverride(override)) continue;
    if (mode === 'MULTIRUN') {
      if (!isHydraOverride(override)) continue;
      throw new HydraError(
        'ConfigCompositionException',
        `Sweeping over Hydra's configuration is not supported: '${override.input}'`,
      );
    }
    throw valueKind(override) === 'SIMPLE_CHOICE_SWEEP'
      ? new HydraError('ConfigCompositionException', `Ambiguous value for argument '${override.input}'`, {
          hint: `a list is ${override.key}=[value1,value2], a text is quoted: ${override.key}='value1,value2', a sweep needs --multirun`,
        })
      : new HydraError(
          'ConfigCompositionException',
          `Sweep parameters '${override.input}' requires --multirun`,
        );
  }
}

/** The job's configuration: everything but the hydra node, with a root of its own. */
export const jobConfig = ({ root }: Standing): DictNode => copyDict(root, 'hydra');
