import type { Scalar, Tensor, Tensor2D, Tf } from './engine/tfjs.js';
import type { Random } from './random.js';
import type { Tensors, Variables } from './variables.js';

/** A fully connected layer: its name, and how wide it is on either side. */
export interface Layer {
  name: string;
  from: number;
  to: number;
  /** Of its first weights: He's for layers before a rectifier (arXiv:1502.01852) is 2; less for an output. */
  gain?: number;
}

/** Weights `<name>.weight` [from, to], normal with variance gain / from, and zeros as `<name>.bias` [to]. */
export function weightsOf(tf: Tf, layers: readonly Layer[], random: Random): Variables {
  const variables = layers.flatMap(({ name, from, to, gain = 2 }): [string, ReturnType<Tf['variable']>][] => {
    const deviation = Math.sqrt(gain / from);
    const drawn = random.gaussians(from * to).map((value) => deviation * value);
    return [
      [`${name}.weight`, tf.tidy(() => tf.variable(tf.tensor(drawn, [from, to])))],
      [`${name}.bias`, tf.tidy(() => tf.variable(tf.zeros([to])))],
    ];
  });
  return Object.fromEntries(variables);
}

/** [n, from] → [n, to]. */
export function linear(tf: Tf, weights: Tensors, name: string, x: Tensor): Tensor {
  return tf.add(tf.matMul(x as Tensor2D, weights[`${name}.weight`] as Tensor2D), weights[`${name}.bias`]!);
}

/** x·σ(x) (arXiv:1606.08415). */
export const silu = (tf: Tf, x: Tensor): Tensor => tf.mul(x, tf.sigmoid(x));

/** The mean over all values, a scalar. */
export const meanSquaredError = (tf: Tf, a: Tensor, b: Tensor): Scalar =>
  tf.mean<Scalar>(tf.squaredDifference(a, b));
