import { bytesOf, decodeWeights, encodeWeights } from './checkpoint/safetensors.js';
import type { Statistics } from './data/statistics.js';
import type { Tf, Variable } from './engine/tfjs.js';
import type { HistoryState } from './history.js';
import type { Random, RandomState } from './random.js';
import { reason } from './reason.js';
import type { Variables } from './variables.js';

/** All that the next step depends on, in the order in which it is saved and restored. */
export interface Learned {
  model: Variables;
  average: Variables;
  optimizer: Variables;
  /** What draws the batches. The schedule is a function of the step. */
  random: Random;
}

/** What a checkpoint says of the training that it is of. */
export interface SavedConfig {
  trainer: string;
  knobs: Readonly<Record<string, unknown>>;
  experiment_id: string | null;
  engine: { name: string; version: string };
  statistics: Statistics;
}

/** Its files, in the order of Learned, and then what the log and the plot need. */
export function filesOf(
  learned: Learned,
  step: number,
  config: SavedConfig,
  history: HistoryState,
): Map<string, Uint8Array> {
  return new Map<string, Uint8Array>([
    ['model.safetensors', weightsFile(learned.model)],
    ['ema.safetensors', weightsFile(learned.average)],
    ['optimizer.safetensors', weightsFile(learned.optimizer)],
    ['scheduler.json', json({ step })],
    ['rng.json', json({ batches: learned.random.state })],
    ['config.json', json(config)],
    ['history.json', json(history)],
  ]);
}

export const weightsFile = (variables: Variables, metadata?: Record<string, string>): Buffer =>
  encodeWeights(
    Object.fromEntries(
      Object.entries(variables).map(([name, variable]) => [
        name,
        { shape: variable.shape, values: valuesOf(variable) },
      ]),
    ),
    metadata,
  );

/** Restores them. Throws a sentence that says what does not fit. */
export function restore(tf: Tf, learned: Learned, files: ReadonlyMap<string, Uint8Array>): void {
  assign(tf, learned.model, files, 'model.safetensors');
  assign(tf, learned.average, files, 'ema.safetensors');
  assign(tf, learned.optimizer, files, 'optimizer.safetensors');
  const { batches }: { batches: RandomState } = parsed(files, 'rng.json');
  learned.random.restore(batches);
}

export const savedConfig = (files: ReadonlyMap<string, Uint8Array>): SavedConfig =>
  parsed(files, 'config.json');
export const savedHistory = (files: ReadonlyMap<string, Uint8Array>): HistoryState =>
  parsed(files, 'history.json');

/** The values of all of them, one after another. */
export const valuesIn = (learned: Learned): Buffer[] =>
  [learned.model, learned.average, learned.optimizer].flatMap((variables) =>
    Object.values(variables).map((variable) => bytesOf(valuesOf(variable))),
  );

const valuesOf = (variable: Variable): Float32Array => variable.dataSync<'float32'>();

function assign(tf: Tf, variables: Variables, files: ReadonlyMap<string, Uint8Array>, name: string): void {
  const saved = decodeWeights(fileIn(files, name));
  for (const [key, variable] of Object.entries(variables)) {
    const { shape, values } = saved[key] ?? { shape: null, values: new Float32Array() };
    if (shape === null || shape.join() !== variable.shape.join())
      throw new Error(
        `${name}: ${key} is ${shape?.join(' × ') ?? 'missing'} there, ${variable.shape.join(' × ')} here`,
      );
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
}

const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);

function parsed(files: ReadonlyMap<string, Uint8Array>, name: string) {
  const text = Buffer.from(fileIn(files, name)).toString();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name}: ${reason(error)}`);
  }
}

function fileIn(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const file = files.get(name);
  if (file === undefined) throw new Error(`${name} is missing`);
  return file;
}
