import { closeSync, constants, type Dirent, lstatSync, openSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Candidate, Places } from './candidate.js';
import { isLike, saidBy } from './complete.js';
import { matchesName } from './pattern.js';
import { BY_CONTENT, byName, type Named } from './preset.js';

// In the inspecting process: whatever lies there, the daemon goes on.

const DEEPEST = 6;
/** Of each place: what a run writes beside its checkpoints may be a data set. */
const MOST_ENTRIES = 500_000;
/** Looked through before others of the same depth. */
const LIKELY = /checkpoint|ckpt|weight|model|backup|lightning/i;
/** Of the daemon, of Hydra, of loggers; names with a leading dot are passed over everywhere. */
const PASSED_OVER = new Set(['logs', 'metrics', 'wandb', 'mlruns', 'node_modules', '__pycache__']);

/**
 * Everything in these places that looks like a checkpoint. `settled`: what is written later and has no manifest may
 * still be under way (Unix ms). `most`: entries that are looked at in each place.
 */
export function scan(places: Places, settled: number, most = MOST_ENTRIES): Candidate[] {
  const inside = places.runDirs.flatMap(({ attempt, runDir, since }) =>
    pathsIn(runDir, places, { left: most })
      .map((found) => candidate(found, { attempt, runDir, below: relative(runDir, found.path) }, settled))
      .filter(({ writtenAt }) => writtenAt >= since),
  );
  const outside = outsidePaths(places, { left: most })
    .map((found) => candidate(found, null, settled))
    .filter(({ writtenAt }) => places.windows.some(({ from, to }) => writtenAt >= from && writtenAt <= to));
  const wanted = [...inside, ...outside].filter(
    ({ preset }) => places.only === null || preset === places.only,
  );
  return withoutLesser(wanted);
}

interface Found {
  path: string;
  kind: 'file' | 'directory';
  named: Named | null;
}

const IN_RUN_DIR = '{run_dir}/';

function pathsIn(runDir: string, { pattern }: Places, budget: { left: number }): Found[] {
  refuseUnreadable(runDir);
  if (pattern === null) return walk(runDir, budget);
  return pattern.startsWith(IN_RUN_DIR) ? expand(runDir, pattern.slice(IN_RUN_DIR.length), budget) : [];
}

/**
 * What cannot be read may hold the newest checkpoint: nobody goes on without it as if there were none.
 * @throws the system's error; a directory that is gone is none
 */
function refuseUnreadable(runDir: string): void {
  try {
    closeSync(openSync(runDir, constants.O_RDONLY | constants.O_DIRECTORY));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause;
  }
}

function outsidePaths({ pattern, curves }: Places, budget: { left: number }): Found[] {
  if (pattern === null) return curves === null ? [] : walk(curves, budget);
  return pattern.startsWith(IN_RUN_DIR) ? [] : expand('/', pattern.slice(1), budget);
}

/** Level by level, so that many files far below hide nothing that lies nearer. Sorted by path. */
function walk(root: string, budget: { left: number }): Found[] {
  const found: Found[] = [];
  let level = [{ path: root, listed: entries(root, budget) }];
  for (let depth = 0; level.length > 0; depth++) {
    const below: string[] = [];
    for (const { path: directory, listed } of level)
      for (const entry of listed) {
        if (entry.name.startsWith('.') || (depth === 0 && PASSED_OVER.has(entry.name))) continue;
        const path = join(directory, entry.name);
        const named = entry.isFile() ? byName(entry.name, 'file') : null;
        if (named !== null) found.push({ path, kind: 'file', named });
        else if (entry.isDirectory()) below.push(path);
      }
    level = [];
    for (const path of likelyFirst(below)) {
      const listed = entries(path, budget);
      const named = directoryAs(path, listed);
      if (named !== null) found.push({ path, kind: 'directory', named });
      else if (depth < DEEPEST) level.push({ path, listed });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const likelyFirst = (paths: readonly string[]): string[] => {
  const isLikely = (path: string): boolean => LIKELY.test(basename(path));
  return [...paths.filter(isLikely), ...paths.filter((path) => !isLikely(path))];
};

/** What a directory is by its name or by what lies in it. */
function directoryAs(path: string, listed: readonly Dirent[]): Named | null {
  const named = byName(basename(path), 'directory');
  const names = listed.map(({ name }) => name);
  if (named !== null && isLike(named.preset, names)) return named;
  const known = BY_CONTENT.find(({ files }) => files.every((file) => names.includes(file)));
  return known === undefined
    ? null
    : { preset: known.preset, step: trailingNumber(basename(path)), best: /best/.test(basename(path)) };
}

const trailingNumber = (name: string): number | null => {
  const digits = /(\d+)$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
};

/** What a pattern matches below a directory. */
function expand(directory: string, pattern: string, budget: { left: number }): Found[] {
  const [first = '', ...rest] = pattern.split('/').filter((part) => part !== '');
  if (first === '**') {
    const deeper = entries(directory, budget)
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .flatMap(({ name }) => expand(join(directory, name), pattern, budget));
    return [...expand(directory, rest.join('/'), budget), ...deeper];
  }
  if (rest.length > 0 && !/[*?[]/.test(first)) return expand(join(directory, first), rest.join('/'), budget);
  return entries(directory, budget)
    .filter(({ name }) => matchesName(first, name))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (rest.length > 0) return entry.isDirectory() ? expand(path, rest.join('/'), budget) : [];
      if (entry.isFile()) return [{ path, kind: 'file' as const, named: byName(entry.name, 'file') }];
      if (!entry.isDirectory()) return [];
      return [{ path, kind: 'directory' as const, named: directoryAs(path, entries(path, budget)) }];
    });
}

/** Sorted; empty where nothing can be read. */
function entries(directory: string, budget: { left: number }): Dirent[] {
  if (budget.left <= 0) return [];
  try {
    const found = readdirSync(directory, { withFileTypes: true });
    budget.left -= found.length;
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** A candidate and the names of its files. */
interface Listed extends Candidate {
  names: readonly string[];
}

function candidate({ path, kind, named }: Found, of: Candidate['of'], settled: number): Listed {
  const files = kind === 'file' ? [fileAt(path, '')] : filesBelow(path);
  const writtenAt =
    files.length === 0
      ? fileAt(path, '').writtenAt
      : files.reduce((last, one) => Math.max(last, one.writtenAt), 0); // there may be a million
  const preset = named?.preset ?? null;
  const said =
    kind === 'file'
      ? { missing: files[0]!.bytes === 0 ? 'it is empty' : null, step: named?.step ?? null, metrics: {} }
      : saidBy(path, preset, named?.step ?? null, new Set(files.map(({ name }) => name)));
  return {
    path,
    of,
    preset,
    kind,
    best: named?.best ?? false,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    writtenAt,
    told: false,
    ...said,
    missing:
      (files.length === 0 ? whyUnreadable(path) : null) ??
      said.missing ??
      (preset !== 'plain' && writtenAt > settled ? 'it is still being written' : null),
    names: files.map(({ name }) => name),
  };
}

/** Stacks that write a directory file by file, with no mark behind the last. */
const UNMARKED: ReadonlySet<string | null> = new Set(['hf', 'accelerate']);

/** One that lacks a file which the one before it in its place has was not written whole. */
function withoutLesser(listed: readonly Listed[]): Candidate[] {
  return listed.map(({ names, ...one }) => {
    if (one.missing !== null || !UNMARKED.has(one.preset)) return one;
    const before = listed
      .filter((other) => other.preset === one.preset && dirname(other.path) === dirname(one.path))
      .filter(({ step, missing }) => missing === null && (step ?? 0) < (one.step ?? 0))
      .reduce<Listed | null>((a, b) => (a !== null && (a.step ?? 0) > (b.step ?? 0) ? a : b), null);
    const lacking = before?.names.find((name) => !names.includes(name));
    return lacking === undefined
      ? one
      : { ...one, missing: `it has no ${lacking}, as ${basename(before!.path)} has` };
  });
}

function whyUnreadable(directory: string): string | null {
  try {
    readdirSync(directory);
    return null;
  } catch (cause) {
    return `it cannot be read (${cause instanceof Error && 'code' in cause ? cause.code : cause})`;
  }
}

interface FileSeen {
  name: string;
  bytes: number;
  writtenAt: number;
}

function fileAt(path: string, name: string): FileSeen {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return { name, bytes: found?.size ?? 0, writtenAt: found?.mtimeMs ?? 0 };
}

const MOST_FILES = 10_000;

/** Regular files and links, which are no checkpoint's: its verification says so. */
function filesBelow(root: string): FileSeen[] {
  const budget = { left: MOST_FILES };
  const below = (directory: string): FileSeen[] =>
    entries(directory, budget).flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? below(path) : [fileAt(path, relative(root, path))];
    });
  return below(root);
}

/**
 * One path, by its name and contents; null: nothing is there that could be a checkpoint. `of`: the run directory that
 * it lies in, which is found where it is not given.
 */
export function scanOne(path: string, of: Candidate['of'] = ownerOf(path)): Candidate | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || !(found.isFile() || found.isDirectory())) return null;
  const kind = found.isFile() ? 'file' : 'directory';
  const named =
    kind === 'file'
      ? byName(basename(path), 'file')
      : directoryAs(path, entries(path, { left: MOST_ENTRIES }));
  const { names: _, ...one } = candidate({ path, kind, named }, of, Number.POSITIVE_INFINITY);
  return one;
}

/** A run directory has the daemon's records. */
function ownerOf(path: string): Candidate['of'] {
  for (let at = dirname(path); at !== dirname(at); at = dirname(at))
    if (lstatSync(join(at, '.expd/attempts'), { throwIfNoEntry: false })?.isDirectory())
      return { attempt: 0, runDir: at, below: relative(at, path) };
  return null;
}
