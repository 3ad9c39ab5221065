import { reason } from '../reason.js';
import { TrainerError } from '../trainer-error.js';
import { openCpu, openWasm } from './bundled.js';
import { type Candidate, candidatesFor, type EngineChoice, isTensorflow } from './candidates.js';
import { linkedPackage } from './link-place.js';
import { openTensorflow, stockPackage } from './tensorflow.js';
import type { Tf } from './tfjs.js';

/** What a candidate turned out to be. */
export interface Opened {
  tf: Tf;
  /** TensorFlow's, else that of TensorFlow.js. */
  version: string;
  /** Whether it computes on a GPU. */
  gpu: boolean;
}

/** What the trainers compute on. */
export interface Engine extends Opened {
  name: Candidate;
  passedOver: readonly PassedOver[];
}

/** A candidate before it in the order, and why not. */
export interface PassedOver {
  candidate: Candidate;
  reason: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The first of the candidates that can be had. It is loaded into this process, for good.
 * @throws TrainerError where none can, with the reason of each.
 */
export async function openEngine(
  choice: EngineChoice,
  requireGpu: boolean,
  env: Environment,
): Promise<Engine> {
  const passedOver: PassedOver[] = [];
  for (const candidate of candidatesFor(choice)) {
    try {
      if (requireGpu && !isTensorflow(candidate)) throw new Error('it computes on the CPU');
      const opened = await open(candidate, env);
      if (requireGpu && !opened.gpu) throw new Error(`TensorFlow ${opened.version} finds no GPU`);
      return { name: candidate, ...opened, passedOver };
    } catch (error) {
      passedOver.push({ candidate, reason: reason(error) });
    }
  }
  const reasons = passedOver.map(({ candidate, reason }) => `${candidate}: ${reason}`).join('; ');
  throw new TrainerError(`there is no engine${requireGpu ? ' with a GPU' : ''}: ${reasons}`);
}

async function open(candidate: Candidate, env: Environment): Promise<Opened> {
  switch (candidate) {
    case 'linked':
      return openTensorflow(linkedPackage(env));
    case 'tfjs-node-gpu':
    case 'tfjs-node':
      return openTensorflow(stockPackage(candidate));
    case 'wasm':
      return openWasm();
    case 'cpu':
      return openCpu();
  }
  return candidate satisfies never;
}

/** `wasm (TensorFlow.js 4.22.0)`, and a line for each that was passed over. */
export function describe({ name, version, gpu, passedOver }: Engine): string[] {
  const what = isTensorflow(name)
    ? `TensorFlow ${version} on the ${gpu ? 'GPU' : 'CPU'}`
    : `TensorFlow.js ${version}`;
  return [
    `engine: ${name} (${what})`,
    ...passedOver.map(({ candidate, reason }) => `  passed over: ${candidate}: ${reason}`),
  ];
}
