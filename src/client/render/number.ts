/** As few digits as tell a number of 32 bits from all others: 0.31, not 0.3100000023841858. */
export function float(value: number): number {
  if (!Number.isFinite(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return Number(value.toPrecision(9));
}

/** For people: four digits that say something, `nan`, `inf`. */
export function brief(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e7))
    return value
      .toExponential(3)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(value.toPrecision(size >= 1e4 ? 7 : 4)));
}

/** JSON has no NaN: as text, as the metrics file has it. */
export const floatJson = (value: number): number | string =>
  Number.isFinite(value) ? float(value) : brief(value);
