import type { Random } from '../random.js';

/** Grey pictures of one shape each, drawn in code: as many as one likes, and nothing to download. */
export interface SpriteKind {
  /** Pixels each way. */
  side: number;
  shapes: readonly Shape[];
  /** Where the centre may lie and how large the radius may be, as shares of the side: from, to. */
  centre: readonly [number, number];
  radius: readonly [number, number];
  /** Brightness of the shape: from, to. */
  brightness: readonly [number, number];
  /** Samples each way within a pixel. */
  samples: number;
}

/** Whether a place belongs to a shape of this radius around the origin. */
type Shape = (x: number, y: number, radius: number) => boolean;

const disc: Shape = (x, y, r) => x * x + y * y < r * r;
const square: Shape = (x, y, r) => Math.max(Math.abs(x), Math.abs(y)) < 0.85 * r;
const plus: Shape = (x, y, r) =>
  Math.min(Math.abs(x), Math.abs(y)) < 0.4 * r && Math.max(Math.abs(x), Math.abs(y)) < 1.1 * r;
const triangle: Shape = (x, y, r) => y > -r && y < 0.8 * r && Math.abs(x) < 0.55 * (y + r);
const ring: Shape = (x, y, r) => disc(x, y, r) && x * x + y * y > 0.3 * r * r;

/** For generating: small, white, three shapes. */
export const SMALL_SPRITES: SpriteKind = {
  side: 8,
  shapes: [disc, square, plus],
  centre: [0.35, 0.65],
  radius: [0.22, 0.34],
  brightness: [1, 1],
  samples: 4,
};

/** For encoding: larger, of different greys, four shapes. */
export const GREY_SPRITES: SpriteKind = {
  side: 16,
  shapes: [disc, square, triangle, ring],
  centre: [0.3, 0.7],
  radius: [0.15, 0.35],
  brightness: [0.6, 1],
  samples: 2,
};

/** `count` pictures, [count, side²], from 0 to 1. */
export function spritesOf(kind: SpriteKind, count: number, random: Random): Float32Array {
  const pixels = kind.side ** 2;
  const sprites = new Float32Array(count * pixels);
  for (let n = 0; n < count; n++) draw(kind, random, sprites.subarray(n * pixels, (n + 1) * pixels));
  return sprites;
}

function draw({ side, shapes, ...kind }: SpriteKind, random: Random, pixels: Float32Array): void {
  const within = ([from, to]: readonly [number, number]) => from + (to - from) * random.uniform();
  const shape = shapes[random.below(shapes.length)]!;
  const [x, y, radius] = [side * within(kind.centre), side * within(kind.centre), side * within(kind.radius)];
  const brightness = within(kind.brightness);
  const offsets = Array.from({ length: kind.samples }, (_, n) => (n + 0.5) / kind.samples);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      let covered = 0;
      for (const down of offsets)
        for (const right of offsets) if (shape(column + right - x, row + down - y, radius)) covered++;
      pixels[row * side + column] = (brightness * covered) / kind.samples ** 2;
    }
}
