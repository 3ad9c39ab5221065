import { type Composition, jobConfig, type Standing } from './compose/composer.js';
import { argumentOf, contentOf, plain, shown } from './config/argument.js';
import { missingKeys, resolvedContent, resolveInPlace, unfollowed } from './config/content.js';
import { copyDict } from './config/create.js';
import { type Container, children, isContainer, isMissingNode, type Node } from './config/node.js';
import type { Resolver } from './config/resolve.js';
import { HydraError } from './errors.js';
import { isHydraOverride } from './override/override.js';
import { type Axis, jobOverrides } from './sweep/axes.js';
import type { Multirun } from './sweep/multirun.js';
import { Dict, type Value } from './value.js';
import { dumpYaml } from './yaml/dump.js';

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
    return selected(this.composition, key);
  }

  /** The text at a key with its interpolations followed but for `${now:…}`: what a later time turns into a path. */
  pattern(key: string): string {
    const { root, resolution } = this.composition;
    const found = resolution.with({ now: asWritten }).find(root, key);
    return found === null || isMissingNode(found) ? '' : shown(plain(argumentOf(found)));
  }

  /** Why interpolations of the job's part cannot be followed, each error with its `details.key`. */
  unfollowed(): HydraError[] {
    return unfollowed(this.#root('job'), this.composition.resolution);
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

  /** The overrides as they were written: of the task, and of Hydra itself. */
  get overrides(): { task: string[]; hydra: string[] } {
    const words = (hydra: boolean): string[] =>
      this.composition.overrides
        .filter((override) => isHydraOverride(override) === hydra)
        .map(({ input }) => input);
    return { task: words(false), hydra: words(true) };
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

function selected({ root, resolution }: Standing, key: string): Value {
  const found = resolution.find(root, key);
  if (found === null || isMissingNode(found)) return null;
  return isContainer(found) ? resolvedContent(found, resolution) : plain(argumentOf(found));
}

const asWritten: Resolver = (_, { texts }) => `\${now:${texts.join(',')}}`;

/** The texts of `--help` say nothing of a configuration. */
function withoutHelp(root: ReturnType<typeof copyDict>): Container {
  const hydra = children(root)?.get('hydra');
  const content = hydra !== undefined && 'struct' in hydra ? children(hydra) : null;
  content?.delete('help');
  content?.delete('hydra_help');
  return root;
}

/** A job's own configuration. */
export class JobConfig {
  #part: Container | null = null;

  constructor(private readonly standing: Standing) {}

  /** With its interpolations as they are. */
  get value(): Value {
    return contentOf(this.#own);
  }

  /** Why interpolations in it cannot be followed, each error with its `details.key`. */
  unfollowed(): HydraError[] {
    return unfollowed(this.#own, this.standing.resolution);
  }

  /** What one key holds, interpolations followed; null where there is nothing. */
  select(key: string): Value {
    return selected(this.standing, key);
  }

  /** Nothing here changes it: what stands alone is no other tree. */
  get #own(): Container {
    const { root } = this.standing;
    this.#part ??= children(root)?.has('hydra') ? jobConfig(this.standing) : root;
    return this.#part;
  }
}

/** How a sweep makes its jobs. */
export interface JobMaker {
  whole(number: number): Composition;
  alone(number: number): Standing;
  variant(number: number): string;
}

/** A sweep: what its jobs are, each of them composed when it is asked for. */
export class Sweep {
  constructor(
    private readonly plan: Multirun,
    private readonly make: JobMaker,
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
    return new Composed(this.make.whole(number));
  }

  /** Composes a job's own configuration, without the hydra node: several times as fast. */
  config(number: number): JobConfig {
    return new JobConfig(this.make.alone(number));
  }

  /** Jobs with the same answer have the same hydra node, but for what names the job. */
  variant(number: number): string {
    return this.make.variant(number);
  }
}
