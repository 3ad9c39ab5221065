import { UserError } from '../errors.js';
import type { Reader } from '../store/reader.js';
import type { StoredRun } from '../store/stored.js';
import { inSlices } from './slices.js';

/** What people type to name runs; commas are already split. */
type Selector =
  | { by: 'id'; id: number }
  | { by: 'range'; from: number; to: number }
  /** `@` is 0 back, `@~1` one; the reader goes 10,000 back. */
  | { by: 'newest'; back: number }
  | { by: 'name'; name: string }
  /** `s4`: all its jobs. */
  | { by: 'sweep'; sweep: number }
  /** `s4.2`, `s4.2-5` */
  | { by: 'jobs'; sweep: number; from: number; to: number };

export type Lookup = Pick<Reader, 'run' | 'newest' | 'named' | 'page' | 'sweep' | 'jobs'>;

/**
 * A run that was asked for, or why it cannot be had. `id` is 0 where it was not named by id. `whole`: nobody named
 * the run itself, but all of this sweep.
 */
export type Selected = { run: StoredRun; whole?: number } | { id: number; error: UserError };

/** As many runs as one call may name. */
export const MOST_SELECTED = 10_000;

export interface SelectOptions {
  /** For what cannot be undone: a name that several runs have is refused. */
  destructive?: boolean;
}

/** All runs that the words name, each once, in the order of the words. Rejects with UserError for words that are none. */
export async function select(
  words: readonly string[],
  lookup: Lookup,
  options: SelectOptions = {},
): Promise<Selected[]> {
  const selected = new Map<number | string, Selected>();
  const selectors = words.flatMap((word) => word.split(',')).map((word) => parseSelector(word.trim()));
  if (selectors.length === 0) throw new UserError('usage', 'no run is named', 'name it by id, @ or name');
  if (selectors.length > MOST_SELECTED) throw tooMany();
  const sweeps = new Set<number>();
  let found = 0;
  await inSlices(selectors, async (selector) => {
    if (selector.by === 'sweep' && sweeps.has(selector.sweep)) return;
    if (selector.by === 'sweep') sweeps.add(selector.sweep);
    const some = await lookUpAll(selector, lookup, options);
    // Repetitions count: they cost as much. A sweep has as many jobs as it was allowed to have.
    if (selector.by !== 'sweep') found += some.length;
    if (found > MOST_SELECTED) throw tooMany();
    for (const one of some) {
      const key = 'run' in one ? one.run.id : one.id || one.error.message;
      const known = selected.get(key);
      if (known === undefined || ('whole' in known && !('whole' in one))) selected.set(key, one);
    }
  });
  return [...selected.values()];
}

/** The same for calls that cannot go on without one of them. */
export async function selectIds(words: readonly string[], lookup: Lookup): Promise<number[]> {
  return (await select(words, lookup)).map((one) => {
    if ('error' in one) throw one.error;
    return one.run.id;
  });
}

/** The one run that the word names. Throws UserError for none, several, or a word that is no selector. */
export function selectOne(word: string, lookup: Lookup): StoredRun {
  const selector = word.includes(',') ? null : parseSelector(word.trim());
  if (selector?.by === 'sweep')
    throw new UserError(
      'usage',
      `s${selector.sweep} is a sweep, one of its jobs is needed`,
      `name one: s${selector.sweep}.0`,
    );
  if (selector === null || selector.by === 'range' || (selector.by === 'jobs' && selector.from < selector.to))
    throw new UserError('usage', `${shown(word)} names several runs, one is needed`);
  const found =
    selector.by === 'jobs' ? job(selector.sweep, selector.from, lookup) : lookUp(selector, lookup, {});
  if ('error' in found) throw found.error;
  return found.run;
}

/** The same where a sweep means all its jobs, and some of its jobs may be named. Throws UserError. */
export function selectJobs(word: string, lookup: Lookup): number[] {
  const selector = word.includes(',') ? null : parseSelector(word.trim());
  if (selector?.by !== 'sweep' && selector?.by !== 'jobs') return [selectOne(word, lookup).id];
  const { sweep } = selector;
  if (lookup.sweep(sweep) === null) throw noSuchSweep(sweep);
  const { from, to } = selector.by === 'jobs' ? selector : { from: 0, to: Number.MAX_SAFE_INTEGER };
  const ids = lookup.jobs(sweep, from, to);
  if (ids.length === 0) throw new UserError('not_found', `sweep s${sweep} has no such job`);
  return ids;
}

export function parseSelector(word: string): Selector {
  if (/^\d{1,15}$/.test(word)) return { by: 'id', id: Number(word) };
  const range = /^(\d{1,15})-(\d{1,15})$/.exec(word);
  if (range) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    if (from > to) throw bad(word, `write ${to}-${from}`);
    return { by: 'range', from, to };
  }
  const jobs = /^s(\d{1,15})(?:\.(\d{1,9})(?:-(\d{1,9}))?)?$/.exec(word);
  if (jobs) {
    const [sweep, from, to] = [Number(jobs[1]), Number(jobs[2]), Number(jobs[3] ?? jobs[2])];
    if (jobs[2] === undefined) return { by: 'sweep', sweep };
    if (from > to) throw bad(word, `write s${sweep}.${to}-${from}`);
    return { by: 'jobs', sweep, from, to };
  }
  const newest = /^@(?:~(\d{1,4}))?$/.exec(word);
  if (newest) return { by: 'newest', back: Number(newest[1] ?? 0) };
  if (/^[A-Za-z0-9._][A-Za-z0-9._-]{0,127}$/.test(word) && !/^\d+$/.test(word))
    return { by: 'name', name: word };
  throw bad(word, 'runs are named like 7, 3,5-9, @ (the newest), @~1, s4 (a sweep), s4.2 or by name');
}

type Range = Extract<Selector, { by: 'range' }>;
type Jobs = Extract<Selector, { by: 'jobs' }>;
type Whole = Extract<Selector, { by: 'sweep' }>;

async function lookUpAll(selector: Selector, lookup: Lookup, options: SelectOptions): Promise<Selected[]> {
  switch (selector.by) {
    case 'range':
      return between(selector, lookup);
    case 'sweep':
      return whole(selector, lookup);
    case 'jobs':
      return jobsOf(selector, lookup);
    default:
      return [lookUp(selector, lookup, options)];
  }
}

function lookUp(
  selector: Exclude<Selector, Range | Jobs | Whole>,
  lookup: Lookup,
  { destructive = false }: SelectOptions,
): Selected {
  switch (selector.by) {
    case 'id': {
      const run = lookup.run(selector.id);
      return run === null ? missing(selector.id, `there is no run ${selector.id}`) : { run };
    }
    case 'newest': {
      const run = lookup.newest(selector.back);
      if (run !== null) return { run };
      return missing(0, selector.back === 0 ? 'there is no run yet' : `there is no run @~${selector.back}`);
    }
    case 'name':
      return named(selector.name, lookup, destructive);
  }
  selector satisfies never;
}

function named(name: string, lookup: Lookup, destructive: boolean): Selected {
  const ids = lookup.named(name, destructive ? 4 : 1);
  const run = ids[0] === undefined ? null : lookup.run(ids[0]);
  if (run === null) return missing(0, `there is no run named ${shown(name)}`);
  if (ids.length === 1) return { run };
  const list = ids.slice(0, 3).join(', ') + (ids.length > 3 ? ', …' : '');
  const message = `several runs are named ${shown(name)}: ${list}`;
  return { id: 0, error: new UserError('ambiguous', message, `name one by its id, the newest is ${run.id}`) };
}

const PAGE = 200;

/** Existing runs, ascending. Ids come and go, so it is read from its end, a page in each turn of the event loop. */
async function between({ from, to }: Range, lookup: Lookup): Promise<Selected[]> {
  const found: Selected[] = [];
  for (let before: number | null = to + 1; before !== null && before > from; ) {
    const { runs, nextBeforeId } = lookup.page({ beforeId: before, limit: Math.min(PAGE, before - from) });
    for (const run of runs) if (run.id >= from) found.push({ run });
    if (found.length > MOST_SELECTED) throw tooMany();
    before = nextBeforeId;
    if (before !== null) await new Promise((resolve) => setImmediate(resolve));
  }
  return found.length > 0 ? found.reverse() : [missing(0, `there is no run from ${from} to ${to}`)];
}

/** All its jobs, by their numbers. A sweep without jobs is forgotten with the last of them. */
async function whole({ sweep }: Whole, lookup: Lookup): Promise<Selected[]> {
  if (lookup.sweep(sweep) === null) return [{ id: 0, error: noSuchSweep(sweep) }];
  const ids = lookup.jobs(sweep, 0, Number.MAX_SAFE_INTEGER);
  return (await inSlices(ids, (id) => lookup.run(id))).flatMap((run) =>
    run === null ? [] : [{ run, whole: sweep }],
  );
}

async function jobsOf({ sweep, from, to }: Jobs, lookup: Lookup): Promise<Selected[]> {
  if (from === to) return [job(sweep, from, lookup)];
  if (lookup.sweep(sweep) === null) return [{ id: 0, error: noSuchSweep(sweep) }];
  const ids = lookup.jobs(sweep, from, to);
  if (ids.length === 0) return [missing(0, `there is no job from s${sweep}.${from} to s${sweep}.${to}`)];
  return (await inSlices(ids, (id) => lookup.run(id))).flatMap((run) => (run === null ? [] : [{ run }]));
}

function job(sweep: number, number: number, lookup: Lookup): Selected {
  const [id] = lookup.jobs(sweep, number, number);
  const run = id === undefined ? null : lookup.run(id);
  if (run !== null) return { run };
  return lookup.sweep(sweep) === null
    ? { id: 0, error: noSuchSweep(sweep) }
    : missing(0, `sweep s${sweep} has no job ${number}`);
}

export const noSuchSweep = (id: number): UserError =>
  new UserError('not_found', `there is no sweep s${id}`, 'expctl ls -a lists all');

const missing = (id: number, message: string): Selected => ({
  id,
  error: new UserError('not_found', message, 'expctl ls -a lists all'),
});

const bad = (word: string, hint: string): UserError =>
  new UserError('usage', `${shown(word)} does not name a run`, hint);

const tooMany = (): UserError =>
  new UserError('usage', `more than ${MOST_SELECTED} runs at once`, 'name fewer at a time');

const shown = (word: string): string => JSON.stringify(word.length > 80 ? `${word.slice(0, 80)}…` : word);
