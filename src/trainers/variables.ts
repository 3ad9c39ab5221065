import type { Tensor, Tf, Variable } from './engine/tfjs.js';

/** By name, in the order in which they are saved. All float32. */
export type Variables = Readonly<Record<string, Variable>>;
/** What computes with them takes them as plain tensors: the weights of a step, or their average. */
export type Tensors = Readonly<Record<string, Tensor>>;

export const copied = (tf: Tf, variables: Variables): Variables =>
  mapped(variables, (variable) => tf.tidy(() => tf.variable(tf.clone(variable))));

export const zerosLike = (tf: Tf, variables: Variables): Variables =>
  mapped(variables, (variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable))));

export const mapped = <T, U>(
  record: Readonly<Record<string, T>>,
  to: (value: T, name: string) => U,
): Readonly<Record<string, U>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value, name)]));
