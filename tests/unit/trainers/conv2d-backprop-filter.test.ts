import { beforeAll, expect, test } from 'vitest';
import { openWasm } from '../../../src/trainers/engine/bundled.js';
import type { Tensor, Tensor4D, Tf } from '../../../src/trainers/engine/tfjs.js';
import { Random } from '../../../src/trainers/random.js';

// The kernel that the WebAssembly backend lacks, against that of the plain one.

let tf: Tf;
beforeAll(async () => {
  ({ tf } = await openWasm());
});

type Size = [number, number, number, number];
const size = (shape: Size): number => shape.reduce((product, n) => product * n, 1);

/** The gradient of a loss by the filter, where each output weighs differently. */
async function gradient(
  backend: 'wasm' | 'cpu',
  x: Size,
  filter: Size,
  stride: number | [number, number],
  pad: 'same' | 'valid' | number,
): Promise<Float32Array> {
  await tf.setBackend(backend);
  const random = Random.of(1, 'numbers');
  const [image, weights] = [x, filter].map((shape) => tf.tensor4d(random.gaussians(size(shape)), shape));
  const loss = (kernel: Tensor) => {
    const seen = tf.conv2d(image as Tensor4D, kernel as Tensor4D, stride, pad);
    return tf.sum(tf.mul(tf.square(seen), tf.reshape(tf.range(1, seen.size + 1), seen.shape)));
  };
  return tf.tidy(() =>
    tf
      .grad(loss)(weights as Tensor4D)
      .dataSync<'float32'>()
      .slice(),
  );
}

test.each([
  { x: [2, 8, 8, 3], filter: [3, 3, 3, 4], stride: 1, pad: 'same' },
  { x: [2, 8, 8, 3], filter: [3, 3, 3, 4], stride: 2, pad: 'same' },
  { x: [1, 9, 7, 2], filter: [3, 2, 2, 5], stride: 2, pad: 'valid' },
  { x: [3, 5, 5, 1], filter: [5, 5, 1, 2], stride: 1, pad: 'valid' },
  { x: [2, 6, 6, 2], filter: [1, 1, 2, 3], stride: 1, pad: 'same' },
  { x: [2, 7, 9, 2], filter: [3, 3, 2, 4], stride: [2, 1], pad: 'same' },
  { x: [2, 7, 9, 2], filter: [3, 3, 2, 4], stride: 2, pad: 1 },
] satisfies { x: Size; filter: Size; stride: number | [number, number]; pad: 'same' | 'valid' | number }[])(
  'x $x, filter $filter, stride $stride, $pad',
  async ({ x, filter, stride, pad }) => {
    const wanted = await gradient('cpu', x, filter, stride, pad);
    const before = tf.memory().numTensors;
    const found = await gradient('wasm', x, filter, stride, pad);
    const largest = Math.max(...wanted.map(Math.abs));
    for (let at = 0; at < wanted.length; at++)
      expect(Math.abs(found[at]! - wanted[at]!)).toBeLessThan(1e-5 * largest);
    expect(found).toHaveLength(size(filter));
    // The image and the weights; nothing of the kernel's own stays.
    expect(tf.memory().numTensors - before).toBe(2);
  },
);
