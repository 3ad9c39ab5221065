import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Candidate, Places } from './candidate.js';
import { loggedValues } from './logged.js';
import { scan, scanOne } from './scan.js';
import { readTold, type Told } from './told.js';

/** Everything in these places that looks like a checkpoint, and what the run told of it. In the inspecting process. */
export function find(places: Places, settled: number): Candidate[] {
  const found = new Map(scan(places, settled).map((one) => [one.path, one]));
  const values: Told['values'] = [];
  for (const { attempt, runDir, metricsFile } of places.runDirs) {
    const told = readTold(metricsFile, places.metric);
    for (const { path, step, metrics } of told.checkpoints) {
      const place = isAbsolute(path) ? resolve(path) : join(runDir, path);
      const below = relative(runDir, place);
      if (below === '' || below.startsWith('..')) continue;
      const one = found.get(place) ?? scanOne(place, { attempt, runDir, below });
      if (one === null) continue;
      found.set(place, {
        ...one,
        told: true,
        step: step ?? one.step,
        metrics: { ...one.metrics, ...metrics },
        // Its word that it is complete; emptiness and damage are seen by the verification.
        missing: one.preset === 'plain' ? one.missing : null,
      });
    }
    for (const value of told.values) values.push(value);
  }
  if (places.metric !== null && places.curves !== null)
    for (const value of loggedValues(places.curves, places.metric)) values.push(value);
  // The last word on a step counts: an earlier attempt may have measured it too.
  const inOrder = [...new Map(values)].sort(([a], [b]) => a - b);
  return [...found.values()].map((one) => measured(one, places.metric, inOrder));
}

/** What was measured at its step, else last before that, not longer ago than two measurements lie apart. */
function measured(one: Candidate, metric: string | null, inOrder: Told['values']): Candidate {
  const { step } = one;
  if (metric === null || step === null || one.metrics[metric] !== undefined) return one;
  const n = inOrder.findLastIndex(([at]) => at <= step);
  const [last, before] = [inOrder[n], inOrder[n - 1]];
  if (
    last === undefined ||
    (before !== undefined && step - last[0] >= last[0] - before[0] && step !== last[0])
  )
    return one;
  return { ...one, metrics: { ...one.metrics, [metric]: last[1] } };
}
