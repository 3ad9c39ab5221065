export interface Schedule {
  /** The highest learning rate. */
  lr: number;
  /** Steps until it is reached. */
  warmup: number;
  /** Steps in all; at the last the rate is 0. */
  steps: number;
}

/**
 * The learning rate of a step (from 1): up along a line, then down along half a cosine (Loshchilov and Hutter,
 * arXiv:1608.03983). Of the step alone, so that a checkpoint needs no more.
 */
export function learningRate({ lr, warmup, steps }: Schedule, step: number): number {
  if (step <= warmup) return (lr * step) / warmup;
  return (lr / 2) * (1 + Math.cos((Math.PI * (step - warmup)) / (steps - warmup)));
}
