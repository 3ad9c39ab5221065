import type { Spread } from './statistics.js';

/** One thing that must hold, and what was seen. */
export interface Finding {
  /** Stable: reasons.ts speaks of it. */
  id: string;
  title: string;
  /** What was measured here and beside it, with units. */
  ours: string;
  beside: string;
  /** What is judged: a ratio, or a figure in `unit`. */
  value: Spread;
  unit: '×' | 'ms' | 'MB' | '%' | '/s' | '';
  must: number;
  /** Better than what must hold. */
  goal?: number;
  /** Only told, never judged. */
  remark?: string;
}

export type Verdict = 'goal' | 'holds' | 'misses';

export function verdict({ value, must, goal }: Finding): Verdict {
  if (!(value.median <= must)) return 'misses';
  return goal !== undefined && value.median <= goal ? 'goal' : 'holds';
}

/** Three significant digits. */
export const figure = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);

export const shown = ({ median, min, max }: Spread, unit: string): string =>
  min === max ? `${figure(median)} ${unit}` : `${figure(median)} ${unit} (${figure(min)}–${figure(max)})`;
