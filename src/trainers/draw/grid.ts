import type { Pixels } from '../../tensorboard/tensorboard.js';

/** Pixels between two pictures. */
const GAP = 2;

/**
 * Grey pictures [n, side²], from 0 to 1 (what lies outside is cut), in rows of `columns`, each pixel as a square of
 * `scale` by `scale`.
 */
export function grid(pictures: Float32Array, side: number, columns: number, scale: number): Pixels {
  const count = pictures.length / side ** 2;
  const cell = side * scale + GAP;
  const [width, height] = [columns * cell + GAP, Math.ceil(count / columns) * cell + GAP];
  const data = new Uint8Array(width * height).fill(64);
  for (let n = 0; n < count; n++) {
    const [left, top] = [GAP + (n % columns) * cell, GAP + Math.floor(n / columns) * cell];
    for (let y = 0; y < side * scale; y++)
      for (let x = 0; x < side * scale; x++) {
        const pixel = Math.floor(y / scale) * side + Math.floor(x / scale);
        data[(top + y) * width + left + x] = grey(pictures[n * side ** 2 + pixel]!);
      }
  }
  return { width, height, channels: 1, data };
}

const grey = (brightness: number): number => Math.round(255 * Math.min(1, Math.max(0, brightness)));
