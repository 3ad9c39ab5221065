import type { KernelConfig, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from './tfjs.js';

/** Of the op, as its gradient hands them over. Strides and padding are those of the forward convolution. */
interface Attributes {
  filterShape: [number, number, number, number];
  strides: [number, number] | number;
  pad: Parameters<Tf['backend_util']['computeConv2DInfo']>[4];
  dataFormat: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * The gradient of a 2D convolution by its filter, which TensorFlow.js' WebAssembly backend has no kernel for: without
 * it nothing convolutional can be trained there. x [n, h, w, c] and dy [n, h', w', k] give [fh, fw, c, k]: for each
 * place (i, j) of the filter, the pixels that it met, as a matrix [n·h'·w', c], times dy as [n·h'·w', k].
 */
export const conv2DBackpropFilter = (tf: Tf, backendName: string): KernelConfig => ({
  kernelName: 'Conv2DBackpropFilter',
  backendName,
  kernelFunc({ inputs, attrs }): TensorInfo {
    const { filterShape, strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as Attributes;
    if (dataFormat !== 'NHWC') throw new Error(`convolutions of ${dataFormat} cannot be trained on wasm`);
    const { x, dy } = inputs as { x: Tensor4D; dy: Tensor4D };
    const conv = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
    const { padInfo: edge, batchSize, outHeight, outWidth, inChannels, outChannels } = conv;
    const { strideHeight, strideWidth, filterHeight, filterWidth } = conv;
    return tf.tidy(() => {
      const padded = tf.pad(x, [
        [0, 0],
        [edge.top, edge.bottom],
        [edge.left, edge.right],
        [0, 0],
      ]);
      const errors = tf.reshape(dy, [-1, outChannels]);
      const met = (i: number, j: number) =>
        tf.stridedSlice(
          padded,
          [0, i, j, 0],
          [
            batchSize,
            i + (outHeight - 1) * strideHeight + 1,
            j + (outWidth - 1) * strideWidth + 1,
            inChannels,
          ],
          [1, strideHeight, strideWidth, 1],
        );
      const places = Array.from({ length: filterHeight * filterWidth }, (_, place) =>
        met(Math.floor(place / filterWidth), place % filterWidth),
      );
      const products = places.map((pixels) =>
        tf.matMul(tf.reshape(pixels, [-1, inChannels]), errors, true, false),
      );
      return tf.reshape(tf.stack(products), filterShape);
    });
  },
});
