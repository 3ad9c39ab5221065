import type { Tf } from './engine/tfjs.js';
import { copied, type Variables } from './variables.js';

/**
 * The exponential moving average of weights, with the warm-up of TensorFlow's ExponentialMovingAverage (num_updates):
 * what is validated, sampled from and kept at the end.
 */
export class Average {
  readonly variables: Variables;

  /** `decay`: its limit. */
  constructor(
    readonly tf: Tf,
    readonly of: Variables,
    readonly decay: number,
  ) {
    this.variables = copied(tf, of);
  }

  /** After the weights were changed; `step` from 1. Within a tidy. */
  update(step: number): void {
    const { tf } = this;
    const decay = averageDecay(this.decay, step);
    for (const [name, average] of Object.entries(this.variables))
      average.assign(tf.add(tf.mul(average, decay), tf.mul(this.of[name]!, 1 - decay)));
  }
}

/** A young average forgets faster: else the first weights, which are noise, would stay in it for long. */
export const averageDecay = (limit: number, step: number): number =>
  Math.min(limit, (1 + step) / (10 + step));
