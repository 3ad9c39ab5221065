/** TensorFlow.js: the ops of one engine, with their gradients. Handed around, so that no trainer loads it by itself. */
export type Tf = typeof import('@tensorflow/tfjs-core');

export type { Rank, Scalar, Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
