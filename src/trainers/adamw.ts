import type { Tensor, Tf } from './engine/tfjs.js';
import { type Variables, zerosLike } from './variables.js';

export interface AdamWOptions {
  /** Decay of the mean of the gradients, and of that of their squares. */
  betas?: readonly [number, number];
  epsilon?: number;
  /** Decoupled; of matrices and filters, never of biases. */
  weightDecay?: number;
}

/**
 * AdamW (Loshchilov and Hutter, arXiv:1711.05101). TensorFlow.js' own Adam counts its powers of beta up from where it
 * was restored, and so ends a little beside an uninterrupted training; here all that depends on the step is computed
 * from it.
 */
export class AdamW {
  /** The two moments of each variable, as a checkpoint holds them. */
  readonly moments: Variables;
  readonly #first: Variables;
  readonly #second: Variables;
  readonly #options: Required<AdamWOptions>;

  constructor(
    readonly tf: Tf,
    readonly variables: Variables,
    { betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 }: AdamWOptions = {},
  ) {
    this.#options = { betas, epsilon, weightDecay };
    this.#first = zerosLike(tf, variables);
    this.#second = zerosLike(tf, variables);
    this.moments = { ...prefixed('m', this.#first), ...prefixed('v', this.#second) };
  }

  /** Changes the variables. `step` from 1; `gradients` as tf.variableGrads gives them. Within a tidy. */
  update(gradients: Readonly<Record<string, Tensor>>, step: number, lr: number): void {
    const { tf } = this;
    const { betas, epsilon, weightDecay } = this.#options;
    const [first, second] = betas;
    const [unbias, unbiasSquare] = [1 / (1 - first ** step), 1 / (1 - second ** step)];
    for (const [name, variable] of Object.entries(this.variables)) {
      const gradient = gradients[variable.name]!;
      const [m, v] = [this.#first[name]!, this.#second[name]!];
      m.assign(tf.add(tf.mul(m, first), tf.mul(gradient, 1 - first)));
      v.assign(tf.add(tf.mul(v, second), tf.mul(tf.square(gradient), 1 - second)));
      const slope = tf.div(tf.mul(m, lr * unbias), tf.add(tf.sqrt(tf.mul(v, unbiasSquare)), epsilon));
      const kept = variable.rank > 1 ? tf.mul(variable, 1 - lr * weightDecay) : variable;
      variable.assign(tf.sub(kept, slope));
    }
  }
}

const prefixed = (prefix: string, variables: Variables): Variables =>
  Object.fromEntries(Object.entries(variables).map(([name, variable]) => [`${prefix}.${name}`, variable]));
