import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PACKAGE_ROOT } from '../../install.js';

/** Pixels each way. */
export const DIGIT_SIDE = 8;

/** Pictures as [n, 64], from 0 to 1. */
export interface Digits {
  train: Float32Array;
  validation: Float32Array;
  test: Float32Array;
}

/**
 * The optdigits images (examples/digits/data/README.md has their source and licence), split as there: of every eight
 * five to train with (1,124), one to validate with (224), two to test with (449).
 */
export function digits(): Digits {
  const file = join(PACKAGE_ROOT, 'examples/digits/data/digits.csv.gz');
  const lines = gunzipSync(readFileSync(file)).toString('latin1').trimEnd().split('\n');
  return {
    train: pictures(lines, [0, 1, 2, 4, 5]),
    validation: pictures(lines, [6]),
    test: pictures(lines, [3, 7]),
  };
}

/** A line: 64 pixels from 0 to 16, then the digit. */
function pictures(lines: readonly string[], places: readonly number[]): Float32Array {
  const chosen = lines.filter((_, n) => places.includes(n % 8));
  const pixels = DIGIT_SIDE ** 2;
  return Float32Array.from(
    chosen.flatMap((line) => line.split(',', pixels).map((grey) => Number(grey) / 16)),
  );
}
