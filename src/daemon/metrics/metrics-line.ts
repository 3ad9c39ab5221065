import { parsePythonJson } from './python-json.js';

/** One line of `$EXPD_METRICS`, understood. */
export type MetricsLine =
  /** `values`: every other key with a number. `at`: Unix seconds, null where the line has no `t`. */
  | {
      kind: 'point';
      step: number;
      values: [key: string, value: number][];
      at: number | null;
      total: number | null;
    }
  /** `{"event":"checkpoint",…}`, `{"event":"done"}` and their like. */
  | ToldLine
  | { kind: 'blank' }
  | { kind: 'bad'; why: string };

export interface ToldLine {
  kind: 'event';
  event: string;
  fields: Readonly<Record<string, unknown>>;
}

/** A line may have so many bytes, its newline not counted. */
export const LINE_BYTES = 64 << 10;
const KEY_LENGTH = 512;

/** Of a point what is not a metric. `total_steps` says when the run will be done. */
const RESERVED = new Set(['step', 't', 'total_steps']);

/** Never throws. Beside JSON it takes the bare NaN, Infinity and -Infinity that Python's json writes. */
export function parseMetricsLine(text: string): MetricsLine {
  const found = parsed(text);
  if (found === undefined) return text.trim() === '' ? { kind: 'blank' } : bad('it is not JSON');
  if (!isObject(found)) return bad('it is no JSON object');
  if (typeof found.event === 'string') return { kind: 'event', event: found.event, fields: found };
  const { step, t, total_steps: total } = found;
  if (!isStep(step)) return bad(step === undefined ? 'it has no step' : 'its step is no whole number');
  const values: [string, number][] = [];
  for (const key in found) {
    const value = numberOf(found[key]);
    if (value !== null && !RESERVED.has(key) && key !== '' && key.length <= KEY_LENGTH)
      values.push([key, value]);
  }
  return {
    kind: 'point',
    step,
    values,
    at: isTime(t) ? t : null,
    total: isStep(total) && total > 0 ? total : null,
  };
}

/** As text, since JSON has no other way to say it; as Python and JavaScript write them. */
const WORDS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
};

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.length <= 9 ? (WORDS[value.toLowerCase()] ?? null) : null;
}

/** undefined: no JSON, not even Python's. */
function parsed(text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch {
    return undefined;
  }
}

const bad = (why: string): MetricsLine => ({ kind: 'bad', why });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Seconds since 1970 that a clock may show: before the year 10000, which milliseconds of today are not. */
export const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && value < 253_402_300_800;

export const isStep = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
