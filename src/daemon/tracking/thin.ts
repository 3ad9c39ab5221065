import { Points } from './points.js';

/**
 * At most so many points that look like all of them: of each stretch the lowest and the highest stay, and the first
 * and the last of all. `points` in the order of their steps.
 */
export function thinned(points: Points, most: number): Points {
  if (points.length <= most) return points;
  const kept = new Points();
  const stretches = Math.max(1, Math.floor((most - 2) / 2));
  const last = points.length - 1;
  kept.take(points, 0);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = 1 + Math.floor((stretch * (last - 1)) / stretches);
    const to = 1 + Math.floor(((stretch + 1) * (last - 1)) / stretches);
    for (const n of extremes(points, from, to)) kept.take(points, n);
  }
  kept.take(points, last);
  return kept;
}

/** Of [from, to), in order. A number stands before NaN, which is kept where there is nothing else. */
function extremes(points: Points, from: number, to: number): number[] {
  let [lowest, highest] = [from, from];
  for (let n = from + 1; n < to; n++) {
    const value = points.values[n]!;
    if (value < points.values[lowest]! || Number.isNaN(points.values[lowest])) lowest = n;
    if (value > points.values[highest]! || Number.isNaN(points.values[highest])) highest = n;
  }
  return lowest === highest ? [lowest] : [Math.min(lowest, highest), Math.max(lowest, highest)];
}
