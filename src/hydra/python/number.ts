import { strip } from './blanks.js';

// Numbers as Python reads and writes them.

/** Python reads no longer ints, as that takes time that grows with the square. */
export const LONGEST_INT = 4300;

/** `int(text)`: blanks around, single underscores between digits, any decimal digits of Unicode. null: ValueError. */
export function readInt(text: string): bigint | null {
  const [, sign, grouped] = /^([+-]?)(\d+(?:_\d+)*)$/.exec(decimalDigits(text)) ?? [];
  const digits = grouped?.replaceAll('_', '') ?? '';
  if (digits === '' || digits.length > LONGEST_INT) return null;
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}

const FLOAT =
  /^([+-]?)(?:(\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(e[+-]?\d+(?:_\d+)*)?|(inf|infinity)|(nan))$/i;

/** `float(text)`. null: ValueError. */
export function readFloat(text: string): number | null {
  const match = FLOAT.exec(decimalDigits(text));
  if (match === null) return null;
  const [, sign, mantissa, exponent = '', infinity] = match;
  const magnitude =
    mantissa !== undefined
      ? Number((mantissa + exponent).replaceAll('_', ''))
      : infinity !== undefined
        ? Number.POSITIVE_INFINITY
        : Number.NaN;
  return sign === '-' ? -magnitude : magnitude;
}

/** `repr(float)`: the shortest digits that read back the same; an exponent below 1e-4 and from 1e16 on. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const magnitude = Math.abs(value);
  // JavaScript, too, writes numbers in this range without an exponent.
  if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e16))
    return pointed(Object.is(value, -0) ? '-0' : String(value));
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  const shown = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${shown}`;
}

const pointed = (digits: string): string => (digits.includes('.') ? digits : `${digits}.0`);

/** Unicode's decimal digits as ASCII, without the blanks around. */
function decimalDigits(text: string): string {
  const trimmed = strip(text);
  if (/^[\0-\x7f]*$/.test(trimmed)) return trimmed;
  return trimmed.replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
}

/** Decimal digits come in runs of ten, from zero on. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--;
  return (code - first) % 10;
}
