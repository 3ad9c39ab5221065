import { join, resolve } from 'node:path';
import { entries, isDirectory, isFile, readText } from './file.js';
import { installationOf } from './interpreter.js';
import type { Surroundings } from './launchers.js';
import { stringValue } from './literal.js';
import { tokens } from './tokens.js';

/** Where an interpreter finds modules: sys.path in its order, and what editable installations add behind it. */
export interface ImportPath {
  directories: readonly string[];
  /** Top-level names and where their packages (or modules, without `.py`) lie. */
  editable: ReadonlyMap<string, string>;
}

/** `first`: what the interpreter puts before all others, the script's directory or, for `-m`, the working directory. */
export function importPathOf(
  first: string | null,
  python: string | null,
  flags: string,
  { cwd, env }: Surroundings,
): ImportPath {
  const isolated = flags.includes('I');
  const safe = isolated || flags.includes('P') || Boolean(env.PYTHONSAFEPATH);
  const variable = isolated || flags.includes('E') ? undefined : env.PYTHONPATH;
  const directories = [
    ...(first === null || safe ? [] : [first]),
    ...(variable ? variable.split(':').map((path) => resolve(cwd, path)) : []),
  ];
  if (python === null) return { directories, editable: new Map() };
  const { library, sites } = installationOf(
    python,
    isolated || flags.includes('s') || Boolean(env.PYTHONNOUSERSITE),
    env,
  );
  directories.push(...library);
  const editable = new Map<string, string>();
  for (const site of flags.includes('S') ? [] : sites) addSite(site, directories, editable);
  return { directories, editable };
}

/**
 * The source that `import name` or `python -m name` runs; a package stands for its `__main__` (`-m`) or its
 * `__init__`. Null where files do not tell.
 */
export function moduleFile(
  name: string,
  path: ImportPath,
  packageFile: '__main__.py' | '__init__.py',
): string | null {
  const [top, ...rest] = name.split('.');
  const editable = path.editable.get(top!);
  const tops = path.directories.map((directory) => join(directory, top!));
  let places = found(editable === undefined ? tops : [...tops, editable]);
  for (const part of rest) {
    if (places.module) return null;
    places = found(places.packages.map((place) => join(place, part)));
  }
  if (places.module) return places.module;
  return places.packages.map((place) => join(place, packageFile)).find(isFile) ?? null;
}

/** The first regular package or module among places; else the portions of a namespace package. */
function found(places: readonly string[]): { packages: readonly string[]; module: string | null } {
  for (const place of places) {
    if (isFile(join(place, '__init__.py'))) return { packages: [place], module: null };
    if (isFile(`${place}.py`)) return { packages: [], module: `${place}.py` };
  }
  return { packages: places.filter(isDirectory), module: null };
}

/** A site directory and what its `.pth` files add: paths, or a finder of setuptools for an editable installation. */
function addSite(site: string, directories: string[], editable: Map<string, string>): void {
  const files = entries(site);
  if (files.length === 0 || directories.includes(site)) return;
  directories.push(site);
  for (const file of files.filter((name) => /^[^.].*\.pth$/.test(name))) {
    for (const line of (readText(join(site, file)) ?? '').split(/\r?\n/)) {
      const finder = /^import[ \t]+(__editable__\w+)/.exec(line)?.[1];
      if (finder !== undefined) addFinder(join(site, `${finder}.py`), editable);
      else if (line.trim() !== '' && !/^(?:#|import[ \t])/.test(line)) {
        const directory = resolve(site, line.trimEnd());
        if (isDirectory(directory) && !directories.includes(directory)) directories.push(directory);
      }
    }
  }
}

/** The `MAPPING` of a finder: a display of names and paths. */
function addFinder(file: string, editable: Map<string, string>): void {
  const list = tokens(readText(file) ?? '');
  const start = list.findIndex(({ text }) => text === 'MAPPING');
  const open = list.findIndex(({ text }, at) => start !== -1 && at > start && text === '{');
  for (let at = open + 1; open !== -1 && list[at]?.kind === 'string'; at += 4) {
    const [name, path] = [list[at]!, list[at + 2]].map((token) => token && stringValue(token.text));
    if (name !== undefined && path !== undefined && !editable.has(name)) editable.set(name, path);
    if (list[at + 3]?.text !== ',') break;
  }
}
