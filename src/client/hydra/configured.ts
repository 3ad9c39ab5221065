import { createHash } from 'node:crypto';
import type { Configuration, ConfigurationKind } from '../../gen/expd/v1/runs.js';
import { type Composed, Dict, type JobConfig, toTyped, type Value } from '../../hydra/hydra.js';
import { type OwnDirectory, ownJobDir, ownRunDir, ownSubdirs, ownSweepDir } from './directories.js';
import type { Expansion } from './expansion.js';
import type { Place } from './place.js';
import type { Job, Plan, PlanOptions, Words } from './plan.js';
import { axesInWords, makeAll, skippedNotes } from './sweeping.js';

/** What turns configurations into commands. Throws HydraError or ClientError for a job that cannot be run. */
export interface Maker {
  kind: ConfigurationKind;
  job(overrides: readonly string[], config: Pick<JobConfig, 'select'>): Pick<Job, 'argv' | 'words'>;
  /** Flags of a whole sweep. */
  sweepWords(master: Composed): Words;
  /** Of an application: words before its own arguments. */
  programWords: number;
}

/** What the plan stores beside its jobs. */
export interface Stored {
  place: Place;
  jobName: string;
  /** The files that took part, encoded; made when all is composed. */
  tree: () => Buffer;
}

/** The plan of what was composed; contents that many jobs have in common become blobs. */
export function planOf(expansion: Expansion, maker: Maker, stored: Stored, options: PlanOptions): Plan {
  const make = new Configurations(maker, stored, options);
  if (expansion.kind === 'single') return make.single(expansion.composed);
  return make.sweep(expansion.sweep);
}

class Configurations {
  readonly #blobs = new Map<string, Buffer>();
  readonly #hydra = new Map<string, string>();
  readonly #notes = new Set<string>();

  constructor(
    private readonly maker: Maker,
    private readonly stored: Stored,
    private readonly options: PlanOptions,
  ) {}

  single(composed: Composed): Plan {
    const { task, hydra } = composed.overrides;
    const directory = ownRunDir(composed, this.stored.place.cwd);
    const job = this.#job(composed, task, nameIn(composed), {
      hydraOverrides: hydra,
      job: composed.value(),
      hydraSha256: this.#blob(hydraNode(composed)),
      runDir: this.#said(directory),
    });
    return { ...this.#plan([job]), sweep: null };
  }

  sweep(sweep: Extract<Expansion, { kind: 'sweep' }>['sweep']): Plan {
    const { master } = sweep;
    const { hydra: hydraOverrides } = master.overrides;
    const [ask, name] = [ownSubdirs(master), nameIn(master)];
    const { jobs, skipped } = makeAll(sweep, this.options, (number, overrides) => {
      const config = sweep.config(number);
      const variant = sweep.variant(number);
      // Directories of the project's own may name anything, so every job is asked; else one of a kind.
      const whole = ask || !this.#hydra.has(variant) ? sweep.job(number) : null;
      if (whole !== null && !this.#hydra.has(variant)) this.#hydra.set(variant, this.#blob(hydraNode(whole)));
      return this.#job(config, overrides, name, {
        hydraOverrides,
        job: config.value,
        hydraSha256: this.#hydra.get(variant) ?? '',
        runDir: whole === null || !ask ? '' : this.#jobDir(whole),
      });
    });
    for (const note of skippedNotes(skipped)) this.#notes.add(note);
    const dir = this.#said(ownSweepDir(master, this.stored.place.cwd));
    const multirunYaml = master.yaml({ part: 'all' });
    const words = this.maker.sweepWords(master);
    return { ...this.#plan(jobs), sweep: { axes: axesInWords(sweep), multirunYaml, dir, words } };
  }

  #plan(jobs: Job[]): Omit<Plan, 'sweep'> {
    const treeSha256 = this.#blob(this.stored.tree());
    for (const { configuration } of jobs) if (configuration !== null) configuration.treeSha256 = treeSha256;
    return { jobs, blobs: [...this.#blobs.values()], notes: [...this.#notes] };
  }

  #job(
    config: Pick<JobConfig, 'select'>,
    overrides: string[],
    name: Words,
    parts: Pick<Configuration, 'hydraOverrides' | 'hydraSha256' | 'runDir'> & { job: Value },
  ): Job {
    const { place, jobName } = this.stored;
    const { argv, words } = this.maker.job(overrides, config);
    return {
      argv,
      words: new Map([...name, ...words]),
      overrides,
      configuration: {
        kind: this.maker.kind,
        configName: place.config ?? '',
        versionBase: place.versionBase,
        jobName,
        overrides,
        ...parts,
        job: JSON.stringify(toTyped(parts.job)),
        treeSha256: '',
        pinned: this.options.pinned,
        programWords: this.maker.programWords,
        holdOnDrift: false,
      },
    };
  }

  #jobDir(job: Composed): string {
    const path = this.#said(ownJobDir(job, this.stored.place.cwd));
    if (path === '')
      this.#notes.add('hydra.sweep.subdir lies in the directory of the sweep: jobs get those of the layout');
    return path;
  }

  #said({ path, note }: OwnDirectory): string {
    if (note !== '') this.#notes.add(note);
    return path;
  }

  #blob(content: Buffer): string {
    const sha256 = createHash('sha256').update(content).digest('hex');
    this.#blobs.set(sha256, content);
    return sha256;
  }
}

/** The hydra node as JSON. */
export const hydraNode = (composed: Composed): Buffer => {
  const all = composed.value('all');
  return Buffer.from(JSON.stringify(toTyped(all instanceof Dict ? (all.get('hydra') ?? null) : null)));
};

/** The run is called as Hydra calls the job, unless it is told otherwise. */
function nameIn(composed: Composed): Words {
  const name = composed.select('hydra.job.name');
  const valid = typeof name === 'string' && /^(?![-\d]*$)(?!-)[\w.-]{1,128}$/.test(name);
  return new Map(valid ? [['name', [name]]] : []);
}
