/**
 * A decimal number `coefficient × 10^exponent` with the arithmetic of Python's decimal module: sums are rounded to 28
 * significant digits, halves to even. https://docs.python.org/3/library/decimal.html
 */
export class Decimal {
  private constructor(
    private readonly coefficient: bigint,
    private readonly exponent: number,
  ) {}

  /** The exact value of a finite number: every double is a fraction over a power of two. */
  static from(value: number | bigint): Decimal {
    if (typeof value === 'bigint') return new Decimal(value, 0);
    let numerator = value;
    let twos = 0;
    while (!Number.isInteger(numerator)) {
      numerator *= 2;
      twos++;
    }
    // n / 2^k = n × 5^k / 10^k
    return new Decimal(BigInt(numerator) * 5n ** BigInt(twos), -twos);
  }

  plus(other: Decimal): Decimal {
    const exponent = Math.min(this.exponent, other.exponent);
    return rounded(this.at(exponent) + other.at(exponent), exponent);
  }

  /** Negative, zero or positive, as this is smaller than, equal to or greater than the other. */
  compare(other: Decimal): number {
    const exponent = Math.min(this.exponent, other.exponent);
    const difference = this.at(exponent) - other.at(exponent);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  toNumber(): number {
    return Number(`${this.coefficient}e${this.exponent}`);
  }

  private at(exponent: number): bigint {
    return this.coefficient * 10n ** BigInt(this.exponent - exponent);
  }

  static make(coefficient: bigint, exponent: number): Decimal {
    return new Decimal(coefficient, exponent);
  }
}

const PRECISION = 28;

function rounded(coefficient: bigint, exponent: number): Decimal {
  const negative = coefficient < 0n;
  const digits = (negative ? -coefficient : coefficient).toString();
  const excess = digits.length - PRECISION;
  if (excess <= 0) return Decimal.make(coefficient, exponent);
  const unit = 10n ** BigInt(excess);
  const magnitude = BigInt(digits);
  let kept = magnitude / unit;
  const rest = (magnitude % unit) * 2n;
  if (rest > unit || (rest === unit && kept % 2n === 1n)) kept += 1n;
  return Decimal.make(negative ? -kept : kept, exponent + excess);
}
