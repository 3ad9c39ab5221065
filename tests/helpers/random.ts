/** A seeded source of choices. */
export interface Random {
  /** A whole number from 0 to `max`. */
  upTo(max: number): number;
  of<T>(values: readonly T[]): T;
}

/** mulberry32: small, seeded, good enough to choose test cases. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (max: number): number => Math.floor(next() * (max + 1));
  return { upTo, of: (values) => values[upTo(values.length - 1)]! };
}

/** Seeds of this process's random cases: `EXPD_TEST_SEED=7` runs one again. */
function seeds(count: number): number[] {
  const again = process.env.EXPD_TEST_SEED;
  return again === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(again)];
}

/** Runs a property with `count` seeds; a failure names its seed. */
export function randomly(count: number, property: (random: Random) => void): void {
  for (const seed of seeds(count)) {
    try {
      property(random(seed));
    } catch (error) {
      throw new Error(`with EXPD_TEST_SEED=${seed}`, { cause: error });
    }
  }
}

/** The same for a property that has to be awaited. */
export async function randomlyAsync(
  count: number,
  property: (random: Random, seed: number) => Promise<void>,
): Promise<void> {
  for (const seed of seeds(count)) {
    try {
      await property(random(seed), seed);
    } catch (error) {
      throw new Error(`with EXPD_TEST_SEED=${seed}`, { cause: error });
    }
  }
}
