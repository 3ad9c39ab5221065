import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { executableOf } from './executable.js';
import { entries, isDirectory, readText } from './file.js';
import type { Interpreter, Surroundings, Variables } from './launchers.js';
import { shebangOf } from './shebang.js';

/** The file of the interpreter; null where it is not there. */
export function pythonOf({ word }: Interpreter, surroundings: Surroundings): string | null {
  if (word === null) return executableOf('python', surroundings) ?? executableOf('python3', surroundings);
  const file = executableOf(word, surroundings);
  if (file === null || /^(?:python|pypy)/.test(basename(file))) return file;
  // A launcher such as torchrun is a script of the interpreter that it was installed for.
  const line = shebangOf(file);
  if (line === null) return null;
  return /\/env$/.test(line[0]!)
    ? executableOf(line.at(-1)!, surroundings)
    : executableOf(line[0]!, surroundings);
}

/** The standard library and the site directories of an interpreter, after CPython's getpath and site. */
export function installationOf(
  python: string,
  withoutUser: boolean,
  env: Variables,
): { library: string[]; sites: string[] } {
  const own = dirname(dirname(python));
  const venv = readText(join(own, 'pyvenv.cfg'));
  if (venv === null) {
    const real = realpathSync.native(python);
    return base(dirname(dirname(real)), /(\d\.\d+)/.exec(basename(real))?.[1], withoutUser, env);
  }
  const settings = new Map(
    venv.split('\n').map((line) => [key(line), line.slice(line.indexOf('=') + 1).trim()]),
  );
  const version = /^\d\.\d+/.exec(settings.get('version_info') ?? settings.get('version') ?? '')?.[0];
  const home = dirname(realpathOr(settings.get('home') ?? ''));
  const shared = settings.get('include-system-site-packages')?.toLowerCase() === 'true';
  const system = base(home, version, withoutUser || !shared, env);
  const site = libraries(own, version).map((library) => join(library, 'site-packages'));
  return { library: system.library, sites: [...site, ...(shared ? system.sites : [])] };
}

const key = (line: string): string => line.slice(0, line.indexOf('=')).trim().toLowerCase();

function base(
  prefix: string,
  version: string | undefined,
  withoutUser: boolean,
  env: Variables,
): { library: string[]; sites: string[] } {
  const library = libraries(prefix, version);
  const name = basename(library[0] ?? 'python3');
  const user = env.PYTHONUSERBASE ?? join(env.HOME ?? '/', '.local');
  const sites = [
    ...(withoutUser ? [] : [join(user, 'lib', name, 'site-packages')]),
    // Debian's Python keeps what pip installs under /usr/local, and its own packages unversioned.
    ...(prefix === '/usr'
      ? [join('/usr/local/lib', name, 'dist-packages'), '/usr/lib/python3/dist-packages']
      : []),
    ...library.map((directory) => join(directory, 'site-packages')),
  ];
  return { library, sites };
}

/** `lib/python3.X` of a prefix: of the version, else the newest there is. */
function libraries(prefix: string, version: string | undefined): string[] {
  const names = entries(join(prefix, 'lib')).filter((name) =>
    version === undefined
      ? /^(?:python|pypy)\d\.\d+$/.test(name)
      : new RegExp(`^(?:python|pypy)${version}t?$`).test(name),
  );
  const minor = (name: string): number => Number(name.split('.')[1]?.replace('t', ''));
  const newest = names.sort((a, b) => minor(a) - minor(b)).at(-1);
  if (newest === undefined) return [];
  const [lib, lib64] = ['lib', 'lib64'].map((name) => join(prefix, name, newest));
  // In a virtual environment one is a link to the other.
  return realpathOr(lib64!) === realpathOr(lib!) || !isDirectory(lib64!) ? [lib!] : [lib!, lib64!];
}

function realpathOr(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
