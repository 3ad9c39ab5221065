import { EMPTY, extent, type Range, ticks } from './scale.js';

/** A line of a chart: `x` and `y` of one length; what is not finite is a gap. */
export interface Line {
  label: string;
  x: readonly number[];
  y: readonly number[];
  /** y, smoothed; null: it is shown as it is. */
  smooth: readonly number[] | null;
}

export interface Chart {
  title: string;
  xLabel: string;
  lines: readonly Line[];
  /** What is shown; values beyond it are cut. */
  x: Range;
  y: Range;
  /** y is shown by its logarithm. */
  log: boolean;
}

/** Ranges that show everything. `log` where all values are positive, else it is not heeded. */
export function chart(title: string, xLabel: string, lines: readonly Line[], log: boolean): Chart {
  const positive = log && lines.every(({ y }) => y.every((value) => value > 0 || !Number.isFinite(value)));
  const shown = positive ? lines.map(logarithms) : lines;
  const x = extent(shown.map(({ x }) => x));
  const y = extent(shown.map((line) => line.y));
  return { title, xLabel, lines: shown, x: x ?? EMPTY, y: y ?? EMPTY, log: positive };
}

function logarithms({ label, x, y, smooth }: Line): Line {
  return { label, x, y: y.map(Math.log10), smooth: smooth?.map(Math.log10) ?? null };
}

/** Places on the y axis, with what is written there. */
export const yTicks = ({ y, log }: Chart, most: number): { at: number; text: string }[] =>
  ticks(y, most).map(({ at, text }) => ({
    at,
    text: log ? String(Number((10 ** at).toPrecision(3))) : text,
  }));

/**
 * Exponential moving average, corrected for its beginning, as TensorBoard smooths: weight 0 leaves everything, towards
 * 1 less and less. Gaps stay gaps.
 */
export function smoothed(values: readonly number[], weight: number): number[] {
  let [last, count] = [0, 0];
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    last = last * weight + (1 - weight) * value;
    count++;
    return last / (1 - weight ** count);
  });
}
