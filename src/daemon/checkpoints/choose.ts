import { basename, isAbsolute, resolve } from 'node:path';
import { UserError } from '../errors.js';
import type { Gain, ResumePoint } from '../run/resume.js';
import type { ResumeChoice } from '../run/run.js';
import type { Submission } from '../run/submission.js';
import type { Candidate } from './candidate.js';
import type { Inspect } from './inspector.js';
import { type PastAttempt, placesOf } from './places.js';
import { byName } from './preset.js';
import { bestOf, newestFirst } from './rank.js';
import { resumePoint } from './way.js';

/** A run, as far as its checkpoints go. */
export interface Past {
  attempts: readonly PastAttempt[];
  submission: Pick<Submission, 'cwd' | 'resumeArg' | 'checkpoints'>;
  /** See Places. */
  curves?: string | null;
}

export interface Found {
  point: ResumePoint | null;
  /** One line for each newer checkpoint that had to be passed over, for the log of the run and of the daemon. */
  warnings: string[];
  /** What was read whole on the way. */
  judged: Judged[];
}

export interface Judged {
  /** With the step that its contents say. */
  candidate: Candidate;
  /** Why it must not be used, or null. */
  why: string | null;
}

const NOTHING: Found = { point: null, warnings: [], judged: [] };

/**
 * What the run's next attempt goes on from: the newest whole checkpoint of its line, or what was chosen.
 * @throws UserError not_found when a chosen one is missing or damaged: never another instead.
 */
export async function nextResumePoint(choice: ResumeChoice, past: Past, inspect: Inspect): Promise<Found> {
  switch (choice.from) {
    case 'nothing':
      return NOTHING;
    case 'chosen':
      return chosen(choice.what, past, inspect);
    case 'newest': {
      const found = await newest(past, choice.since ?? 1, inspect);
      if (found.point !== null || choice.base === undefined) return found;
      const base = await chosen(choice.base, past, inspect);
      return { ...base, warnings: [...found.warnings, ...base.warnings] };
    }
  }
  choice satisfies never;
}

/**
 * What a program that looks into its own directory would find instead of its resume point: newer ones, damaged or not
 * chosen; all of them where there is no point. Only of stacks that look by themselves, and in run directories.
 */
export async function misleading(point: ResumePoint | null, past: Past, inspect: Inspect): Promise<string[]> {
  if (point !== null && point.inPlace === null) return [];
  const looksThere = (one: Candidate): boolean => resumePoint(one, past.submission).inPlace !== null;
  const paths = newestFirst(await candidatesOf(past, 1, inspect))
    .filter(looksThere)
    .map(({ path }) => path);
  return point === null ? paths : paths.slice(0, Math.max(0, paths.indexOf(point.path)));
}

/** What the attempt left to go on from. Nothing is verified. */
export async function gainOf(
  attempt: PastAttempt,
  of: Omit<Past, 'attempts'>,
  inspect: Inspect,
): Promise<Gain> {
  const found = await candidatesOf({ ...of, attempts: [attempt] }, 1, inspect);
  const written = found.filter(
    ({ missing, writtenAt }) => missing === null && writtenAt >= attempt.claimedAt,
  );
  const overwrote = written.some((one) => one.path === attempt.resumedFrom && !isNumbered(one));
  return { progressed: overwrote || written.some(({ path }) => path !== attempt.resumedFrom), overwrote };
}

/** Written again under the same number it is the same progress, made once more. */
const isNumbered = ({ path, kind }: Candidate): boolean =>
  (byName(basename(path), kind)?.step ?? null) !== null;

/** All that is there, of the attempts from number `since` on. */
export const candidatesOf = (
  { attempts, submission, curves }: Past,
  since: number,
  inspect: Inspect,
  settled = Number.POSITIVE_INFINITY,
): Promise<Candidate[]> =>
  inspect('scan', { places: placesOf(attempts, submission, since, curves), settled });

async function newest(past: Past, since: number, inspect: Inspect): Promise<Found> {
  const complete = newestFirst(await candidatesOf(past, since, inspect)).filter(
    ({ missing }) => missing === null,
  );
  const judged: Judged[] = [];
  const warnings: string[] = [];
  for (const candidate of complete) {
    const { why, step } = await inspect('verify', candidate);
    judged.push({ candidate: { ...candidate, step }, why });
    if (why === null)
      return { point: resumePoint({ ...candidate, step }, past.submission), warnings, judged };
    warnings.push(`checkpoint ${candidate.path} is damaged and was passed over: ${why}`);
  }
  return { point: null, warnings, judged };
}

/** `best`, STEP, NAME, or PATH: absolute, or relative to a run directory or its checkpoints. */
async function chosen(what: string, past: Past, inspect: Inspect): Promise<Found> {
  const candidates = await named(what, past, inspect);
  const judged: Judged[] = [];
  for (const candidate of candidates) {
    const { why, step } = await inspect('verify', candidate);
    judged.push({ candidate: { ...candidate, step }, why });
    if (why === null)
      return { point: resumePoint({ ...candidate, step }, past.submission), warnings: [], judged };
  }
  const [first] = judged;
  throw new UserError(
    'not_found',
    first === undefined
      ? `there is no complete checkpoint ${what}`
      : `checkpoint ${what} is damaged: ${first.why}`,
    'expctl checkpoints RUN lists them; name a step, a path, or best',
  );
}

async function named(what: string, past: Past, inspect: Inspect): Promise<Candidate[]> {
  const complete = async (): Promise<Candidate[]> =>
    newestFirst(await candidatesOf(past, 1, inspect)).filter(({ missing }) => missing === null);
  if (what === 'best') return [best(await complete(), past)];
  if (/^\d+$/.test(what)) return ofStep(Number(what), await complete(), inspect);
  const called = what.includes('/') ? [] : (await complete()).filter(({ path }) => basename(path) === what);
  if (called.length > 0) return called;
  const looked = await Promise.all(placesFor(what, past.attempts).map((path) => inspect('look', { path })));
  return looked.flatMap((one) => (one !== null && one.missing === null && isKnown(one) ? [one] : []));
}

/** Those whose names do not say it have to be read. */
async function ofStep(step: number, complete: readonly Candidate[], inspect: Inspect): Promise<Candidate[]> {
  const numbered = complete.filter((one) => one.step === step);
  if (numbered.length > 0) return numbered;
  const found: Candidate[] = [];
  for (const one of complete.filter((other) => other.step === null))
    if ((await inspect('verify', one)).step === step) found.push({ ...one, step });
  return found;
}

/** A directory of any name is no checkpoint. */
const isKnown = ({ preset, kind }: Candidate): boolean => preset !== null || kind === 'file';

const placesFor = (what: string, attempts: readonly PastAttempt[]): string[] =>
  isAbsolute(what)
    ? [resolve(what)]
    : attempts
        .toReversed()
        .flatMap(({ runDir }) => [resolve(runDir, 'checkpoints', what), resolve(runDir, what)]);

function best(complete: readonly Candidate[], { submission }: Past): Candidate {
  const metric = submission.checkpoints?.metric ?? null;
  const found = metric === null ? (complete.find((one) => one.best) ?? null) : bestOf(complete, metric);
  if (found !== null) return found;
  throw new UserError(
    'not_found',
    metric === null
      ? 'no checkpoint is known to be the best: the run has no --metric'
      : `no checkpoint has ${metric.name}`,
    'expctl checkpoints RUN lists them; name a step or a path',
  );
}
