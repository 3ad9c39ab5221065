import { createHash } from 'node:crypto';
import type { Configuration, ConfigurationKind } from '../gen/expd/v1/runs.js';
import {
  type Composed,
  Dict,
  HydraError,
  type JobConfig,
  type Sweep,
  typedText,
  type Value,
} from '../hydra/hydra.js';
import { type OwnDirectory, ownJobDir, ownRunDir, ownSubdirs, ownSweepDir } from './directories.js';
import type { Expansion } from './expansion.js';
import { patchOf } from './job-patch.js';
import type { Place } from './place.js';

/** Where configurations come from, and whose they are. */
export interface Origin {
  place: Place;
  jobName: string;
  kind: ConfigurationKind;
  /** Of an application: words before its own arguments. */
  programWords: number;
  pinned: boolean;
  /** Jobs of a sweep are told as patches of one another. */
  patches: boolean;
  /** The files that took part, encoded; asked for when all is composed. */
  tree: () => Buffer;
}

/** A job with its configuration. Contents that are named by their sha256 stand in blobs. */
export interface ConfiguredJob {
  configuration: Configuration;
  config: Pick<JobConfig, 'select' | 'unfollowed'>;
  /** The job's part, with its interpolations as they are. */
  value: Value;
}

/** What other jobs are told as patches of. */
interface Base {
  value: Value;
  text: string;
  /** null: nothing refers to it yet. */
  sha256: string | null;
}

export interface Configured<J> {
  jobs: J[];
  /** Jobs of a sweep that cannot be composed. */
  invalid: InvalidJob[];
  sweep: ConfiguredSweep | null;
  blobs: Buffer[];
  notes: string[];
}

export interface InvalidJob {
  number: number;
  overrides: string[];
  error: HydraError;
}

export interface ConfiguredSweep {
  jobs: number;
  /** What it goes over: `lr × seed`. */
  axes: string;
  multirunYaml: string;
  /** The project's own `hydra.sweep.dir`, absolute; '' for the layout's. */
  dir: string;
}

/** Makes every job, so that a typo in any of them is found now. `finish` throws HydraError for one that cannot be. */
export function configure<J>(
  expansion: Expansion,
  origin: Origin,
  finish: (job: ConfiguredJob) => J,
): Configured<J> {
  const configurations = new Configurations(origin);
  if (expansion.kind === 'single') {
    const job = finish(configurations.single(expansion.composed));
    return { jobs: [job], invalid: [], sweep: null, ...configurations.end() };
  }
  const { sweep } = expansion;
  const jobs: J[] = [];
  const invalid: InvalidJob[] = [];
  for (let number = 0; number < sweep.jobs; number++) {
    const overrides = sweep.overrides(number);
    try {
      jobs.push(finish(configurations.ofSweep(sweep, number, overrides)));
    } catch (error) {
      if (!(error instanceof HydraError)) throw error;
      invalid.push({ number, overrides, error });
    }
  }
  return { jobs, invalid, sweep: configurations.sweep(sweep), ...configurations.end() };
}

/** Keys with more than one value, as people say them. */
export const axesInWords = ({ axes }: Pick<Sweep, 'axes'>): string =>
  axes
    .filter(({ overrides }) => overrides.length > 1)
    .map(({ key }) => key.replace(/^[+~]+/, ''))
    .join(' × ');

class Configurations {
  readonly #blobs = new Map<string, Buffer>();
  /** By variant: the sha256 of its hydra node. */
  readonly #hydra = new Map<string, string>();
  /** By variant. */
  readonly #bases = new Map<string, Base>();
  readonly #notes = new Set<string>();
  /** Directories of the project's own may name anything, so every job is asked; else one of a kind. */
  #ownSubdirs: boolean | null = null;
  readonly #made: Configuration[] = [];

  constructor(private readonly origin: Origin) {}

  single(composed: Composed): ConfiguredJob {
    const { task: overrides, hydra: hydraOverrides } = composed.overrides;
    return this.#job(composed, {
      overrides,
      hydraOverrides,
      ...inFull(composed.value()),
      hydraSha256: this.#blob(hydraNode(composed)),
      runDir: this.#said(ownRunDir(composed, this.origin.place.cwd)),
    });
  }

  ofSweep(sweep: Sweep, number: number, overrides: string[]): ConfiguredJob {
    const config = sweep.config(number);
    const variant = sweep.variant(number);
    this.#ownSubdirs ??= ownSubdirs(sweep.master);
    const ask = this.#ownSubdirs;
    const whole = ask || !this.#hydra.has(variant) ? sweep.job(number) : null;
    if (whole !== null && !this.#hydra.has(variant)) this.#hydra.set(variant, this.#blob(hydraNode(whole)));
    return this.#job(config, {
      overrides,
      hydraOverrides: sweep.master.overrides.hydra,
      ...this.#patched(variant, config.value),
      hydraSha256: this.#hydra.get(variant) ?? '',
      runDir: whole === null || !ask ? '' : this.#jobDir(whole),
    });
  }

  sweep(sweep: Sweep): ConfiguredSweep {
    return {
      jobs: sweep.jobs,
      axes: axesInWords(sweep),
      multirunYaml: sweep.master.yaml({ part: 'all' }),
      dir: this.#said(ownSweepDir(sweep.master, this.origin.place.cwd)),
    };
  }

  /** The tree is that of all jobs. */
  end(): { blobs: Buffer[]; notes: string[] } {
    const treeSha256 = this.#blob(this.origin.tree());
    for (const configuration of this.#made) configuration.treeSha256 = treeSha256;
    return { blobs: [...this.#blobs.values()], notes: [...this.#notes] };
  }

  #job(config: ConfiguredJob['config'], { value, ...parts }: Parts): ConfiguredJob {
    const { place, jobName, kind, programWords, pinned } = this.origin;
    const configuration: Configuration = {
      kind,
      configName: place.config ?? '',
      versionBase: place.versionBase,
      jobName,
      ...parts,
      treeSha256: '',
      pinned,
      programWords,
      holdOnDrift: false,
    };
    this.#made.push(configuration);
    return { configuration, config, value };
  }

  #patched(variant: string, value: Value): Told {
    if (!this.origin.patches) return inFull(value);
    const base = this.#bases.get(variant);
    const job = base === undefined ? null : patchOf(base.value, value);
    if (base !== undefined && job !== null) {
      base.sha256 ??= this.#blob(Buffer.from(base.text));
      return { value, job, baseSha256: base.sha256 };
    }
    const told = inFull(value);
    this.#bases.set(variant, { value, text: told.job, sha256: null });
    return told;
  }

  #jobDir(job: Composed): string {
    const path = this.#said(ownJobDir(job, this.origin.place.cwd));
    if (path === '')
      this.#notes.add('hydra.sweep.subdir lies in the directory of the sweep: jobs get those of the layout');
    return path;
  }

  #said({ path, note }: OwnDirectory): string {
    if (note !== '') this.#notes.add(note);
    return path;
  }

  #blob(content: Buffer): string {
    const sha256 = sha256Of(content);
    this.#blobs.set(sha256, content);
    return sha256;
  }
}

type Parts = Pick<Configuration, 'overrides' | 'hydraOverrides' | 'hydraSha256' | 'runDir'> & Told;

type Told = Pick<Configuration, 'job' | 'baseSha256'> & { value: Value };

const inFull = (value: Value): Told => ({ value, job: typedText(value), baseSha256: '' });

/** The hydra node as JSON. */
export function hydraNode(composed: Composed): Buffer {
  const all = composed.value('all');
  return Buffer.from(typedText(all instanceof Dict ? (all.get('hydra') ?? null) : null));
}

export const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
