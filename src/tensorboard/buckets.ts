/** Values v with left ≤ v < right; the last bucket has its right end too. */
export interface Bucket {
  left: number;
  right: number;
  count: number;
}

/**
 * Counts values into buckets of equal width between their smallest and largest, as TensorBoard's own histogram
 * summary does. NaN and infinities are left out; of nothing, and of one value repeated, see TensorBoard's
 * plugins/histogram/summary_v2.py.
 */
export function bucketsOf(values: ArrayLike<number>, buckets = 30): Bucket[] {
  let [min, max, finite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    finite++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (finite === 0) return empty(buckets, 0, 0);
  if (min === max) {
    const single = empty(buckets, min, max);
    single[buckets - 1]!.count = finite;
    return single;
  }
  return counted(values, min, max, buckets);
}

function counted(values: ArrayLike<number>, min: number, max: number, buckets: number): Bucket[] {
  const width = Math.min(max - min, Number.MAX_VALUE) / buckets;
  const found = empty(buckets, min, max);
  // Rounding may not carry an edge past the end.
  const edge = (n: number): number => (n === buckets ? max : Math.min(max, min + n * width));
  found.forEach((bucket, n) => {
    bucket.left = edge(n);
    bucket.right = edge(n + 1);
  });
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    // 0 / 0 where the width is below the smallest double.
    const n = Math.floor((value - min) / width) || 0;
    found[Math.min(n, buckets - 1)]!.count++;
  }
  return found;
}

const empty = (buckets: number, left: number, right: number): Bucket[] =>
  Array.from({ length: buckets }, () => ({ left, right, count: 0 }));
