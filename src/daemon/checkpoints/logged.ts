import { isOwn } from '../tracking/curve-files.js';
import { CurveReader } from '../tracking/curve-reader.js';
import { Points } from '../tracking/points.js';

/** What a script logged of a key in event files of its own, in the order of the steps; what is superseded is not there. */
export function loggedValues(curves: string, key: string): [step: number, value: number][] {
  const points = new Points();
  const reading = new CurveReader(curves, (name) => !isOwn(name)).read({
    point(of, step, value, at) {
      if (of === key) points.push(step, value, at);
    },
    rewind(step, keys) {
      if (keys.includes(key)) points.rewind(step);
    },
  });
  while (!reading.next().done);
  const { length, steps, values } = points.inOrder();
  return Array.from({ length }, (_, n) => [steps[n]!, values[n]!]);
}
