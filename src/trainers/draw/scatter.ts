import type { Pixels } from '../../tensorboard/tensorboard.js';

/** Pixels each way. */
const SIZE = 384;

/** Points of the plane [n, 2], and how they are drawn: each darkens its channels by `ink`. */
export interface Cloud {
  points: Float32Array;
  ink: readonly [red: number, green: number, blue: number];
}

/** Clouds over each other on white, within a square around the first of them; what lies outside is left out. */
export function scatter(clouds: readonly Cloud[]): Pixels {
  const data = new Uint8ClampedArray(SIZE * SIZE * 3).fill(255);
  const place = frame(clouds[0]?.points ?? new Float32Array());
  for (const { points, ink } of clouds)
    for (let at = 0; at < points.length; at += 2)
      for (const [right, down] of DOT) {
        const [x, y] = [place(points[at]!, 0) + right, SIZE - 1 - place(points[at + 1]!, 1) + down];
        if (!(x >= 0 && x < SIZE && y >= 0 && y < SIZE)) continue;
        for (let channel = 0; channel < 3; channel++) data[3 * (y * SIZE + x) + channel]! -= ink[channel]!;
      }
  return { width: SIZE, height: SIZE, channels: 3, data };
}

/** Where a coordinate of an axis lies, in pixels: the points fill the square, but for a margin. */
function frame(points: Float32Array): (value: number, axis: 0 | 1) => number {
  const least = [0, 1].map((axis) => extreme(points, axis, Math.min));
  const most = [0, 1].map((axis) => extreme(points, axis, Math.max));
  const reach = (1.15 * Math.max(most[0]! - least[0]!, most[1]! - least[1]!, 1e-9)) / 2;
  return (value, axis) => {
    const middle = (least[axis]! + most[axis]!) / 2;
    return Math.floor(((value - middle + reach) / (2 * reach)) * SIZE);
  };
}

function extreme(points: Float32Array, axis: number, further: (a: number, b: number) => number): number {
  let found = points[axis] ?? 0;
  for (let at = axis; at < points.length; at += 2) found = further(found, points[at]!);
  return found;
}

const DOT = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;
