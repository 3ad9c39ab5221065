import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import type { ResumePoint } from '../run/resume.js';
import type { ResumeChoice } from '../run/run.js';
import { MANIFEST, stepOf } from './manifest.js';
import type { Verify } from './verify.js';

/** `writtenAfter`, in Unix ms: where attempts share a directory, what an earlier line left there does not count. */
export type Choice = { from: 'newest'; writtenAfter?: number } | Exclude<ResumeChoice, { from: 'newest' }>;

export interface Found {
  point: ResumePoint | null;
  /** One line for each newer checkpoint that had to be passed over, for the log of the run and of the daemon. */
  warnings: string[];
}

/**
 * The checkpoint that the next attempt goes on from. `directories`: the checkpoint directories of the run's
 * attempts, oldest first; of two checkpoints of one step the newer attempt's is taken. A damaged one is passed
 * over, with a warning. Only complete ones (with a manifest) are looked at.
 * @throws UserError not_found when a chosen one is missing or damaged: never another instead.
 */
export async function resumePoint(
  directories: readonly string[],
  choice: Choice,
  verify: Verify,
): Promise<Found> {
  switch (choice.from) {
    case 'nothing':
      return { point: null, warnings: [] };
    case 'newest':
      return firstSound(await complete(directories, choice.writtenAfter), verify);
    case 'chosen':
      return { point: await chosen(directories, choice.what, verify), warnings: [] };
  }
  choice satisfies never;
}

/** The newest complete checkpoint by its manifest's presence alone, or null. Cheap: nothing is verified. */
export async function newestComplete(directory: string, writtenAfter = 0): Promise<ResumePoint | null> {
  return (await complete([directory], writtenAfter))[0] ?? null;
}

async function firstSound(candidates: readonly ResumePoint[], verify: Verify): Promise<Found> {
  const warnings: string[] = [];
  for (const point of candidates) {
    const why = await verify(point.path);
    if (why === null) return { point, warnings };
    warnings.push(`checkpoint ${point.path} is damaged and was passed over: ${why}`);
  }
  return { point: null, warnings };
}

/** STEP, or PATH: absolute, or relative to one of the directories or to the newest of them's run directory. */
async function chosen(directories: readonly string[], what: string, verify: Verify): Promise<ResumePoint> {
  const candidates = /^\d+$/.test(what)
    ? (await complete(directories)).filter(({ step }) => step === Number(what))
    : await named(directories, what);
  const reasons: string[] = [];
  for (const point of candidates) {
    const why = await verify(point.path);
    if (why === null) return point;
    reasons.push(why);
  }
  throw new UserError(
    'not_found',
    reasons.length > 0
      ? `checkpoint ${what} is damaged: ${reasons[0]}`
      : `there is no complete checkpoint ${what}`,
    'name a step, or a directory step-<8 digits> with its MANIFEST.json',
  );
}

async function named(directories: readonly string[], what: string): Promise<ResumePoint[]> {
  const newest = directories.at(-1);
  const paths = isAbsolute(what)
    ? [resolve(what)]
    : [...directories.toReversed(), ...(newest ? [dirname(newest)] : [])].map((from) => resolve(from, what));
  const points = paths.flatMap((path): ResumePoint[] => {
    const step = stepOf(basename(path));
    return step === null ? [] : [{ path, step }];
  });
  return withManifest(points);
}

/** All complete checkpoints, the highest step first, of equal steps the later directory's. */
async function complete(directories: readonly string[], writtenAfter = 0): Promise<ResumePoint[]> {
  const found = await Promise.all([...new Set(directories)].toReversed().map(listed));
  return withManifest(
    found.flat().sort((a, b) => b.step - a.step),
    writtenAfter,
  );
}

async function listed(directory: string): Promise<ResumePoint[]> {
  const names = await readdir(directory).catch(() => []);
  return names.flatMap((name): ResumePoint[] => {
    const step = stepOf(name);
    return step === null ? [] : [{ path: join(directory, name), step }];
  });
}

async function withManifest(points: readonly ResumePoint[], writtenAfter = 0): Promise<ResumePoint[]> {
  const whole = await Promise.all(
    points
      .map(async ({ path }) => {
        const [directory, manifest] = await Promise.all([lstat(path), lstat(join(path, MANIFEST))]);
        return directory.isDirectory() && manifest.isFile() && manifest.mtimeMs >= writtenAfter;
      })
      .map((seen) => seen.catch(() => false)),
  );
  return points.filter((_, n) => whole[n]);
}
