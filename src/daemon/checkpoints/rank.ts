import { dirname } from 'node:path';
import type { Metric } from '../run/submission.js';
import type { Candidate } from './candidate.js';

/**
 * Checkpoints, the newest first. A manifest, or the run's word, goes before all that only looks like a checkpoint;
 * then the series that was written last, within it by step; what was kept for its quality comes last.
 * Of equal steps the later written. What states no step (`last.ckpt`) comes next after what was written before it:
 * those beside it that have one may be the best few, and old. A copy that was made for a later attempt stands for its
 * original only where that is gone.
 */
export function newestFirst(candidates: readonly Candidate[]): Candidate[] {
  const originals = withoutCopies(candidates);
  const lastOf = new Map<string, number>();
  const numbered = new Map<string, Candidate[]>();
  for (const one of originals) {
    const series = seriesOf(one);
    lastOf.set(series, Math.max(lastOf.get(series) ?? 0, one.writtenAt));
    if (one.step === null || one.best) continue;
    const known = numbered.get(series);
    if (known === undefined) numbered.set(series, [one]);
    else known.push(one);
  }
  const key = (one: Candidate): number[] => [
    one.best ? 0 : 1,
    isSure(one) ? 1 : 0,
    isSure(one) ? 0 : lastOf.get(seriesOf(one))!,
    one.step ?? stepBefore(one, numbered.get(seriesOf(one))),
    one.step === null ? 1 : 0,
    one.of?.attempt ?? 0,
    one.writtenAt,
  ];
  return originals
    .map((one) => ({ one, key: key(one) }))
    .sort((a, b) => compare(b.key, a.key))
    .map(({ one }) => one);
}

/** The best by its metric: of ties the earlier; what has none, or NaN, is never it. */
export function bestOf(candidates: readonly Candidate[], { name, mode }: Metric): Candidate | null {
  let best: { one: Candidate; value: number } | null = null;
  for (const one of [...newestFirst(candidates)].reverse()) {
    const value = one.metrics[name];
    if (one.missing !== null || value === undefined || !Number.isFinite(value)) continue;
    if (best === null || (mode === 'min' ? value < best.value : value > best.value)) best = { one, value };
  }
  return best?.one ?? null;
}

/** The highest step of these that was there when it was written; -1: none. */
const stepBefore = ({ writtenAt }: Candidate, numbered: readonly Candidate[] = []): number =>
  numbered.reduce((most, one) => (one.writtenAt <= writtenAt ? Math.max(most, one.step ?? -1) : most), -1);

/** Complete beyond a look at its names. */
const isSure = ({ preset, told }: Candidate): boolean => preset === 'plain' || told;

/** The checkpoints of one writer: the same stack in the same place of each run directory. */
const seriesOf = ({ preset, of, path }: Candidate): string =>
  `${preset} ${dirname(of === null ? path : `/${of.below}`)}`;

function withoutCopies(candidates: readonly Candidate[]): Candidate[] {
  const first = new Map<string, Candidate>();
  const identity = ({ of, bytes, writtenAt }: Candidate): string =>
    `${of?.below} ${bytes} ${Math.round(writtenAt)}`;
  for (const one of candidates) {
    if (one.of === null) continue;
    const known = first.get(identity(one));
    if (known?.of == null || one.of.attempt < known.of.attempt) first.set(identity(one), one);
  }
  return candidates.filter((one) => one.of === null || first.get(identity(one)) === one);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [n, value] of a.entries()) if (value !== b[n]) return value - b[n]!;
  return 0;
}
