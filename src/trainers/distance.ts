import type { Random } from './random.js';

/** Unit vectors [count][dimensions]: of the plane evenly over half a turn, else drawn. */
export function directions(count: number, dimensions: number, random: Random): Float32Array[] {
  return Array.from({ length: count }, (_, n) => {
    if (dimensions === 2)
      return Float32Array.of(Math.cos((Math.PI * n) / count), Math.sin((Math.PI * n) / count));
    const drawn = random.gaussians(dimensions);
    const length = Math.hypot(...drawn);
    return drawn.map((x) => x / length);
  });
}

/**
 * How far two samples [n, dimensions] of distributions lie apart: the mean, over `directions`, of the Wasserstein-1
 * distance of what they cast on a line (Bonneel et al. 2015, doi:10.1007/s10851-014-0506-3). Of the larger sample the
 * first n count.
 */
export function slicedWasserstein(a: Float32Array, b: Float32Array, along: readonly Float32Array[]): number {
  const dimensions = along[0]!.length;
  const count = Math.min(a.length, b.length) / dimensions;
  const cast = (sample: Float32Array, direction: Float32Array): Float32Array =>
    Float32Array.from({ length: count }, (_, n) => {
      let sum = 0;
      for (let i = 0; i < dimensions; i++) sum += direction[i]! * sample[n * dimensions + i]!;
      return sum;
    }).sort();
  let total = 0;
  for (const direction of along) {
    const [left, right] = [cast(a, direction), cast(b, direction)];
    for (let n = 0; n < count; n++) total += Math.abs(left[n]! - right[n]!) / count;
  }
  return total / along.length;
}

/** The mean distance of the first `count` of a sample [n, dimensions] to the nearest point of the data. */
export function nearestDistance(
  sample: Float32Array,
  data: Float32Array,
  dimensions: number,
  count: number,
): number {
  let total = 0;
  for (let n = 0; n < count; n++) total += Math.sqrt(nearestSquare(sample, n * dimensions, data, dimensions));
  return total / count;
}

function nearestSquare(sample: Float32Array, from: number, data: Float32Array, dimensions: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let at = 0; at < data.length; at += dimensions) {
    let square = 0;
    for (let i = 0; i < dimensions; i++) square += (sample[from + i]! - data[at + i]!) ** 2;
    if (square < nearest) nearest = square;
  }
  return nearest;
}
