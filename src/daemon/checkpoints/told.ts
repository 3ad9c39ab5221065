import { eachLine } from '../metrics/each-line.js';
import { isStep, parseMetricsLine } from '../metrics/metrics-line.js';
import { numbersOf } from './manifest.js';

export interface Told {
  checkpoints: { step: number | null; path: string; metrics: Record<string, number> }[];
  /** Of the key that was asked for, in the order of the lines; NaN and the infinities are never the best. */
  values: [step: number, value: number][];
}

/** What a run told in its metrics file: its checkpoint lines, and the values of `key`. */
export function readTold(file: string, key: string | null): Told {
  const told: Told = { checkpoints: [], values: [] };
  const marks = ['"checkpoint"', ...(key === null ? [] : [markOf(key)])];
  eachLine(file, (text) => {
    if (!marks.some((mark) => text.includes(mark))) return;
    const line = parseMetricsLine(text);
    if (line.kind === 'event') {
      const { event, fields } = line;
      const { step, path } = fields;
      if (event === 'checkpoint' && typeof path === 'string' && fields.complete !== false)
        told.checkpoints.push({ step: isStep(step) ? step : null, path, metrics: numbersOf(fields.metrics) });
    } else if (line.kind === 'point') {
      const value = line.values.find(([name]) => name === key)?.[1];
      if (value !== undefined && Number.isFinite(value)) told.values.push([line.step, value]);
    }
  });
  return told;
}

/** What stands in every line with this key, so that others need no parsing. Python escapes what is not ASCII. */
const markOf = (key: string): string => (/^[ -~]*$/.test(key) ? JSON.stringify(key) : '"');

/** The run id that MLflow gave, as the script told it last: `{"event": "tracker", "mlflow_run_id": "…"}`; null: it did not. */
export function mlflowRun(file: string): string | null {
  let found: string | null = null;
  eachLine(file, (text) => {
    const line = text.includes('"mlflow_run_id"') ? parseMetricsLine(text) : null;
    const id = line?.kind === 'event' && line.event === 'tracker' ? line.fields.mlflow_run_id : null;
    if (typeof id === 'string' && /^[\w-]{1,256}$/.test(id)) found = id;
  });
  return found;
}
