import { createHash } from 'node:crypto';

/** What the training data is like: to scale it, and to notice that it is another. */
export interface Statistics {
  /** One per column, or one for all values. */
  mean: number[];
  std: number[];
  /** Rows. */
  count: number;
  /** sha256 of the values, in hex. */
  sha256: string;
}

/** `data`: [rows, columns]; `groups`: a mean and a deviation for each column, or one for all (1). */
export function measure(data: Float32Array, columns: number, groups = columns): Statistics {
  const mean = new Array<number>(groups).fill(0);
  const std = new Array<number>(groups).fill(0);
  const each = data.length / groups;
  for (let at = 0; at < data.length; at++) mean[at % groups]! += data[at]! / each;
  for (let at = 0; at < data.length; at++) std[at % groups]! += (data[at]! - mean[at % groups]!) ** 2 / each;
  return {
    mean,
    std: std.map(Math.sqrt),
    count: data.length / columns,
    sha256: createHash('sha256')
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest('hex'),
  };
}

/** Mean 0, deviation 1. */
export function normalised(data: Float32Array, { mean, std }: Statistics): Float32Array<ArrayBuffer> {
  return Float32Array.from(data, (value, at) => (value - mean[at % mean.length]!) / std[at % std.length]!);
}

/** Back again. */
export function restored(data: Float32Array, { mean, std }: Statistics): Float32Array<ArrayBuffer> {
  return Float32Array.from(data, (value, at) => value * std[at % std.length]! + mean[at % mean.length]!);
}

/** What differs, in words; null where the data is as it was. */
export function difference(before: Statistics, now: Statistics): string | null {
  const differs = (a: readonly number[], b: readonly number[]) =>
    a.length !== b.length || a.some((x, n) => Math.abs(x - b[n]!) > 1e-6 * Math.max(1, Math.abs(x)));
  const shown = (values: readonly number[]) => values.map((value) => value.toPrecision(6)).join(', ');
  if (before.count !== now.count) return `${before.count} rows then, ${now.count} now`;
  if (differs(before.mean, now.mean)) return `mean ${shown(before.mean)} then, ${shown(now.mean)} now`;
  if (differs(before.std, now.std)) return `deviation ${shown(before.std)} then, ${shown(now.std)} now`;
  return before.sha256 === now.sha256 ? null : 'other values of the same mean and deviation';
}
