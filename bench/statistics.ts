/** Of one contender over the rounds: the medians of the rounds. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Nearest rank. NaN of nothing, which no comparison accepts. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const spread = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/** Round by round, so that a machine that became slower meanwhile does not count. */
export const ratios = (ours: readonly number[], theirs: readonly number[]): Spread =>
  spread(ours.map((value, round) => value / theirs[round]!));

/** What a contender needs for one round, in its unit. */
export type Contenders<Name extends string> = Readonly<Record<Name, () => Promise<number> | number>>;

/**
 * The contenders take turns, `times` within each round, beginning with another one each time; a round's figure
 * is the median of its turns.
 */
export async function interleaved<Name extends string>(
  contenders: Contenders<Name>,
  { rounds: wanted, times = 1 }: { rounds: number; times?: number },
): Promise<Record<Name, number[]>> {
  const rounds = Number(process.env.EXPD_BENCH_ROUNDS) || wanted;
  const names = Object.keys(contenders) as Name[];
  const figures = Object.fromEntries(names.map((name): [Name, number[]] => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const turns = new Map(names.map((name): [Name, number[]] => [name, []]));
    for (let time = 0; time < times; time++)
      for (let n = 0; n < names.length; n++) {
        const name = names[(n + time + round) % names.length]!;
        turns.get(name)?.push(await contenders[name]());
      }
    for (const name of names) figures[name]?.push(median(turns.get(name) ?? []));
  }
  // Each name of the contenders was put in above.
  return figures as Record<Name, number[]>;
}
