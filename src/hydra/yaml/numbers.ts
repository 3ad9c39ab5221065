import { strip } from '../python/blanks.js';
import { LONGEST_INT, readFloat, readInt } from '../python/number.js';

/** What the tag `!!int` makes of a text: decimal, `0x`, `0b`, `0` for octal, `1:30` to the base 60. null: no integer. */
export function yamlInt(text: string): bigint | null {
  const { negative, digits } = signed(text);
  if (digits.length > LONGEST_INT) return null;
  const magnitude = unsignedInt(digits);
  return magnitude !== null && negative ? -magnitude : magnitude;
}

function unsignedInt(digits: string): bigint | null {
  if (digits === '0') return 0n;
  if (digits.startsWith('0b')) return inBase(digits.slice(2), BINARY);
  if (digits.startsWith('0x')) return inBase(digits.slice(2), HEXADECIMAL);
  if (digits.startsWith('0')) return inBase(digits, OCTAL);
  if (digits.includes(':')) return digits.split(':').reduce<bigint | null>(sexagesimal, 0n);
  return readInt(digits);
}

function sexagesimal(sum: bigint | null, part: string): bigint | null {
  const value = readInt(part);
  return sum === null || value === null ? null : sum * 60n + value;
}

/** As Python's `int(text, base)`: blanks around, a sign and the base's own prefix are fine. */
function inBase(text: string, { pattern, prefix }: Base): bigint | null {
  const [, sign, digits] = pattern.exec(strip(text)) ?? [];
  if (digits === undefined) return null;
  const magnitude = BigInt(prefix + digits);
  return sign === '-' ? -magnitude : magnitude;
}

interface Base {
  pattern: RegExp;
  /** In JavaScript. */
  prefix: string;
}
const BINARY: Base = { pattern: /^([+-]?)(?:0b)?([01]+)$/i, prefix: '0b' };
const OCTAL: Base = { pattern: /^([+-]?)(?:0o)?([0-7]+)$/i, prefix: '0o' };
const HEXADECIMAL: Base = { pattern: /^([+-]?)(?:0x)?([0-9a-f]+)$/i, prefix: '0x' };

/** What the tag `!!float` makes of a text: as Python reads it, `.inf`, `.nan`, `1:30.5` to the base 60. null: no number. */
export function yamlFloat(text: string): number | null {
  const { negative, digits } = signed(text.toLowerCase());
  const magnitude = unsignedFloat(digits);
  return magnitude !== null && negative ? -magnitude : magnitude;
}

function unsignedFloat(digits: string): number | null {
  if (digits === '.inf') return Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  if (!digits.includes(':')) return readFloat(digits);
  let [sum, base] = [0, 1];
  for (const part of digits.split(':').reverse()) {
    const value = readFloat(part);
    if (value === null) return null;
    sum += value * base;
    base *= 60;
  }
  return sum;
}

function signed(text: string): { negative: boolean; digits: string } {
  const digits = text.replaceAll('_', '');
  return { negative: digits.startsWith('-'), digits: /^[+-]/.test(digits) ? digits.slice(1) : digits };
}
