import type { Random } from '../random.js';

/** Distributions of points in the plane, for models that one can watch; each draws one point. */
const DRAWS = {
  /** Two half circles of radius 1, one into the other. */
  moons: (random: Random): Point => {
    const upper = random.uniform() < 0.5;
    const angle = Math.PI * random.uniform();
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    return blurred(upper ? [x, y] : [1 - x, 0.5 - y], 0.06, random);
  },
  /** Eight spots on a circle of radius 2. */
  gauss8: (random: Random): Point => {
    const angle = (random.below(8) * Math.PI) / 4;
    return blurred([2 * Math.cos(angle), 2 * Math.sin(angle)], 0.15, random);
  },
  /** The black squares of a board of four by four, with edges that no smooth map can reach. */
  checker: (random: Random): Point => {
    for (;;) {
      const point: Point = [4 * random.uniform() - 2, 4 * random.uniform() - 2];
      if (isBlack(point)) return point;
    }
  },
  /** One and a half turns outward, denser towards the middle. */
  spiral: (random: Random): Point => {
    const turn = Math.sqrt(random.uniform()) * 3 * Math.PI;
    return blurred([(turn * Math.cos(turn)) / 6, (turn * Math.sin(turn)) / 6], 0.08, random);
  },
} satisfies Record<string, (random: Random) => Point>;

type Point = [number, number];

export type Plane = keyof typeof DRAWS;
export const PLANES = Object.keys(DRAWS) as Plane[];

/** `count` points, [count, 2]. */
export function pointsOf(plane: Plane, count: number, random: Random): Float32Array {
  const points = new Float32Array(2 * count);
  for (let n = 0; n < count; n++) points.set(DRAWS[plane](random), 2 * n);
  return points;
}

/** Share of the points, [n, 2], on black squares of `checker`: 1 in the data, 1/2 where nothing was learnt. */
export function blackShare(points: Float32Array): number {
  let black = 0;
  for (let at = 0; at < points.length; at += 2) if (isBlack([points[at]!, points[at + 1]!])) black++;
  return (2 * black) / points.length;
}

const isBlack = ([x, y]: Point): boolean =>
  Math.abs(x) < 2 && Math.abs(y) < 2 && (Math.floor(x) + Math.floor(y)) % 2 === 0;

const blurred = ([x, y]: Point, sigma: number, random: Random): Point => [
  x + sigma * random.gaussian(),
  y + sigma * random.gaussian(),
];
