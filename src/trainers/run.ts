import type { Checkpoint } from './checkpoint/load.js';
import { difference, type Statistics } from './data/statistics.js';
import type { Engine } from './engine/engine.js';
import type { Tf } from './engine/tfjs.js';
import type { Places } from './places.js';
import { reason } from './reason.js';
import { type SavedConfig, savedConfig } from './saved-state.js';
import { TrainerError } from './trainer-error.js';
import type { TrainingKnobs } from './training-knobs.js';

export interface Circumstances<K> {
  trainer: string;
  knobs: K;
  engine: Engine;
  places: Places;
  /** What it goes on from. */
  checkpoint: Checkpoint | null;
  experimentId: string | null;
}

/** One training by one process: what it was told, and whether it is told to stop. */
export class Run<K extends TrainingKnobs = TrainingKnobs> {
  readonly knobs: K;
  readonly tf: Tf;
  readonly #saved: SavedConfig | null;
  #stopAsked = false;

  constructor(readonly circumstances: Circumstances<K>) {
    const { trainer, knobs, engine, checkpoint } = circumstances;
    this.knobs = knobs;
    this.tf = engine.tf;
    this.#saved = checkpoint === null ? null : fitting(checkpoint, () => savedConfig(checkpoint.files));
    if (this.#saved !== null) remark(this.#saved, trainer, engine, knobs);
    if (checkpoint !== null && checkpoint.step > knobs.steps)
      throw new TrainerError(
        `cannot resume from ${checkpoint.path}: it is of step ${checkpoint.step}, beyond steps=${knobs.steps}`,
      );
  }

  get stopAsked(): boolean {
    return this.#stopAsked;
  }

  /** It saves and ends after the step at hand. */
  stop(): void {
    this.#stopAsked = true;
  }

  /**
   * The statistics to scale data by, both ways: those that the weights were trained with. Where the data at hand is
   * not that, it is said, and training goes on.
   */
  scale(measured: Statistics): Statistics {
    if (this.#saved === null) return measured;
    const differs = difference(this.#saved.statistics, measured);
    if (differs !== null)
      console.warn(`warning: the training data is not that of the checkpoint: ${differs}; its scaling stays`);
    return this.#saved.statistics;
  }

  /** What a checkpoint says of it. */
  saved(statistics: Statistics): SavedConfig {
    const { trainer, knobs, engine, experimentId } = this.circumstances;
    const { name, version } = engine;
    return { trainer, knobs, experiment_id: experimentId, engine: { name, version }, statistics };
  }
}

/** What does not fit in a checkpoint ends the training in one line. @throws TrainerError */
export function fitting<T>({ path }: Checkpoint, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new TrainerError(`cannot resume from ${path}: ${reason(cause)}`, 1, { cause });
  }
}

/** Knobs of no consequence for what is learnt. */
const INDIFFERENT: ReadonlySet<string> = new Set([
  'output',
  'resume',
  'engine',
  'require_gpu',
  'keep_last',
  'keep_best',
  'sample_every',
]);

/** Those that decide it: the same for a training that was interrupted and for one that was not. */
export const decisive = (knobs: Readonly<Record<string, unknown>>): [string, unknown][] =>
  Object.entries(knobs).filter(([name]) => !INDIFFERENT.has(name));

/** Says what is other than it was; a checkpoint of another trainer is refused. */
function remark(saved: SavedConfig, trainer: string, engine: Engine, knobs: TrainingKnobs): void {
  if (saved.trainer !== trainer)
    throw new TrainerError(`cannot resume ${trainer} from a checkpoint of ${saved.trainer}`);
  if (saved.engine.name !== engine.name || saved.engine.version !== engine.version)
    console.warn(
      `warning: the checkpoint was computed on ${saved.engine.name} ${saved.engine.version}, this goes on with ${engine.name} ${engine.version}: nearly the same, not bit for bit`,
    );
  for (const [name, value] of decisive({ ...knobs }).filter(([name, value]) => saved.knobs[name] !== value))
    console.warn(
      `warning: ${name} was ${JSON.stringify(saved.knobs[name])} and is ${JSON.stringify(value)} now`,
    );
}
