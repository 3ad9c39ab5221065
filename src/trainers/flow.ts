import { AdamW } from './adamw.js';
import { Average } from './average.js';
import type { Tensor, Tf } from './engine/tfjs.js';
import { meanSquaredError } from './layers.js';
import type { Random } from './random.js';
import type { Tensors, Variables } from './variables.js';

/** Columns that tell a network the time t from [0, 1]: sin and cos of π·t, 2π·t, 4π·t, 8π·t. */
export const TIME_COLUMNS = 8;

/** What is to flow, and what learns it. */
export interface FlowProblem {
  /** Columns of the data. */
  dimensions: number;
  /** Scaled to mean 0 and deviation 1: [n, dimensions]. */
  training: Float32Array;
  validation: Float32Array;
  model: Variables;
  /** [n, dimensions + TIME_COLUMNS] → [n, dimensions]. */
  velocity(weights: Tensors, input: Tensor): Tensor;
  /** Rows of a step. */
  batch: number;
  /** Limit of the decay of the averaged weights. */
  ema: number;
  weightDecay: number;
  /** What draws the batches. */
  random: Random;
  /** What draws the noise of the validation, once. */
  held: Random;
}

/**
 * Flow matching: a network learns which way noise has to flow to become data.
 *
 * Y. Lipman, R. T. Q. Chen, H. Ben-Hamu, M. Nickel, M. Le: Flow Matching for Generative Modeling (arXiv:2210.02747),
 * along straight paths (X. Liu, C. Gong, Q. Liu: Flow Straight and Fast, arXiv:2209.03003): at a time t from [0, 1]
 * x_t = (1 − t)·x_0 + t·x_1 between noise x_0 and data x_1, and the velocity to learn is x_1 − x_0. The loss is its
 * mean squared error.
 */
export class FlowMatching {
  readonly optimizer: AdamW;
  readonly average: Average;
  /** Noise, times and data of the validation: the same whenever it is asked. */
  readonly #held: { input: Tensor; target: Tensor };

  constructor(
    readonly tf: Tf,
    readonly problem: FlowProblem,
  ) {
    const { model, validation, dimensions, held } = problem;
    this.optimizer = new AdamW(tf, model, { weightDecay: problem.weightDecay });
    this.average = new Average(tf, model, problem.ema);
    this.#held = this.#between(heldOut(validation.length / dimensions, dimensions, held), validation);
  }

  /** One step of the optimizer (from 1); its loss. */
  step(step: number, lr: number): number {
    const { tf } = this;
    const { training, dimensions, model, velocity, batch, random } = this.problem;
    const points = Array.from({ length: batch }, () => ({
      row: random.below(training.length / dimensions),
      time: random.uniform(),
      noise: random.gaussians(dimensions),
    }));
    return tf.tidy(() => {
      const { input, target } = this.#between(points, training);
      const { value, grads } = tf.variableGrads(
        () => meanSquaredError(tf, velocity(model, input), target),
        Object.values(model),
      );
      this.optimizer.update(grads, step, lr);
      this.average.update(step);
      return value.dataSync()[0]!;
    });
  }

  /** The loss of the averaged weights on data that is held out. */
  validate(): { loss: number } {
    const { input, target } = this.#held;
    const velocity = (): Tensor => this.problem.velocity(this.average.variables, input);
    return { loss: this.tf.tidy(() => meanSquaredError(this.tf, velocity(), target).dataSync()[0]!) };
  }

  /** `count` rows of data, scaled as the training's, from the averaged weights: noise along `steps` steps of Heun's method. */
  sample(count: number, steps: number, random: Random): Float32Array {
    const { tf } = this;
    const { dimensions, velocity } = this.problem;
    const towards = (x: Tensor, time: number): Tensor => {
      const clock = tf.tile(tf.tensor2d(timeColumns(time), [1, TIME_COLUMNS]), [count, 1]);
      return velocity(this.average.variables, tf.concat([x, clock], 1));
    };
    const step = (x: Tensor, at: number): Tensor =>
      tf.tidy(() => {
        const first = towards(x, at / steps);
        const second = towards(tf.add(x, tf.div(first, steps)), (at + 1) / steps);
        return tf.add(x, tf.div(tf.add(first, second), 2 * steps));
      });
    return tf.tidy(() => {
      let x: Tensor = tf.tensor2d(random.gaussians(count * dimensions), [count, dimensions]);
      for (let at = 0; at < steps; at++) x = step(x, at);
      return x.dataSync<'float32'>();
    });
  }

  /** Where the points are at their times, and which way they have to go. */
  #between(points: readonly Point[], data: Float32Array): { input: Tensor; target: Tensor } {
    const { dimensions } = this.problem;
    const width = dimensions + TIME_COLUMNS;
    const input = new Float32Array(points.length * width);
    const target = new Float32Array(points.length * dimensions);
    for (const [n, { row, time, noise }] of points.entries()) {
      for (let column = 0; column < dimensions; column++) {
        const value = data[row * dimensions + column]!;
        input[n * width + column] = (1 - time) * noise[column]! + time * value;
        target[n * dimensions + column] = value - noise[column]!;
      }
      input.set(timeColumns(time), n * width + dimensions);
    }
    return {
      input: this.tf.tensor2d(input, [points.length, width]),
      target: this.tf.tensor2d(target, [points.length, dimensions]),
    };
  }
}

/** On its way from noise to a row of the data. */
interface Point {
  row: number;
  time: number;
  /** [dimensions]. */
  noise: Float32Array;
}

/**
 * Each row at a time of its own, the times evenly from 0 to 1; once with noise and once with the opposite of that, so
 * that what the noise has by chance to do with the data cancels out.
 */
const heldOut = (rows: number, dimensions: number, random: Random): Point[] =>
  Array.from({ length: rows }, (_, row) => ({
    row,
    time: (row + 0.5) / rows,
    noise: random.gaussians(dimensions),
  })).flatMap((point) => [point, { ...point, noise: point.noise.map((value) => -value) }]);

function timeColumns(time: number): Float32Array {
  const columns = new Float32Array(TIME_COLUMNS);
  for (let octave = 0; octave < TIME_COLUMNS / 2; octave++) {
    columns[2 * octave] = Math.sin(Math.PI * 2 ** octave * time);
    columns[2 * octave + 1] = Math.cos(Math.PI * 2 ** octave * time);
  }
  return columns;
}
