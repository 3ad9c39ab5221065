export interface Range {
  from: number;
  to: number;
}

export const EMPTY: Range = { from: 0, to: 1 };

/** From the least to the greatest finite number, never empty; null where there is none. */
export function extent(lists: readonly (readonly number[])[]): Range | null {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const list of lists)
    for (const value of list) {
      if (!Number.isFinite(value)) continue;
      if (value < from) from = value;
      if (value > to) to = value;
    }
  if (from > to) return null;
  const room = from === to ? Math.abs(from) * 0.1 || 1 : 0;
  return { from: from - room, to: to + room };
}

/** Round numbers within a range, at most so many. */
export function ticks({ from, to }: Range, most: number): { at: number; text: string }[] {
  const rough = (to - from) / Math.max(1, most);
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * ([1, 2, 5, 10].find((factor) => size * factor >= rough) ?? 10);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found: { at: number; text: string }[] = [];
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to + step * 1e-9; n++)
    found.push({ at: n * step, text: label(n * step, digits) });
  return found;
}

function label(value: number, digits: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (digits > 6 || size >= 1e7)
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  if (size >= 1000 && digits === 0 && value % 1000 === 0) return `${value / 1000}k`;
  return value.toFixed(digits);
}

/** Where a value lies between 0 (from) and 1 (to). */
export const fraction = ({ from, to }: Range, value: number): number => (value - from) / (to - from);
