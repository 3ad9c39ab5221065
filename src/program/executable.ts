import { accessSync, constants, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { entries, isDirectory, isFile, readText } from './file.js';
import type { Environment, Surroundings } from './launchers.js';

/** The file that a word starts, as execvp finds it, a shim of pyenv seen through; null where there is none. */
export function executableOf(word: string, surroundings: Surroundings): string | null {
  const { cwd, env } = surroundings;
  const directories = word.includes('/') ? ['.'] : searchPath(surroundings);
  for (const directory of directories) {
    const found = executableFile(resolve(cwd, directory, word));
    if (found !== null) return behindShim(found, cwd, env);
  }
  return null;
}

/** PATH with the environment of a launcher before it. */
function searchPath(surroundings: Surroundings): string[] {
  const prefix = prefixOf(surroundings);
  const path = surroundings.env.PATH ?? '/usr/local/bin:/usr/bin:/bin';
  return [...(prefix === null ? [] : [join(prefix, 'bin')]), ...path.split(':')];
}

function executableFile(path: string): string | null {
  return isFile(path) && mayExecute(path) ? path : null;
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The directory of the environment that a launcher chooses; null where it chooses none or it is not there. */
function prefixOf({ cwd, env, environment }: Surroundings): string | null {
  if (environment === null) return null;
  const found = candidates(environment, cwd, env).find((path) => isDirectory(join(path, 'bin')));
  return found ?? null;
}

function candidates(
  environment: Environment,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  switch (environment.kind) {
    case 'prefix':
      return [environment.path];
    case 'project': {
      const active = env.VIRTUAL_ENV === undefined ? [] : [env.VIRTUAL_ENV];
      const above = ancestors(environment.directory);
      const chosen = env.UV_PROJECT_ENVIRONMENT ?? '.venv';
      const own = above.map((directory) => resolve(directory, chosen));
      // Outside of a project the environment that is active counts.
      const first = environment.active || !above.some((path) => isFile(join(path, 'pyproject.toml')));
      return first ? [...active, ...own] : own;
    }
    case 'conda':
      return condaPrefixes(environment.name, cwd, env);
    default:
      return environment satisfies never;
  }
}

/** Where conda and mamba keep the environment of a name; `base` is the installation. */
function condaPrefixes(
  name: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  if (name.includes('/')) return [resolve(cwd, name)];
  const directories = `${env.CONDA_ENVS_DIRS ?? ''}:${env.CONDA_ENVS_PATH ?? ''}`.split(':');
  const home = env.HOME === undefined ? [] : [join(env.HOME, '.conda')];
  const roots = condaRoots(env);
  if (name === 'base') return roots;
  return [
    ...directories.filter((path) => path !== ''),
    ...[...roots, ...home].map((root) => join(root, 'envs')),
  ].map((path) => join(path, name));
}

/** `$ROOT/bin/conda` or `$ROOT/condabin/conda` says where the installation is. */
function condaRoots(env: Readonly<Record<string, string | undefined>>): string[] {
  const onPath = (env.PATH ?? '').split(':').map((path) => executableFile(join(path, 'conda')));
  const programs = [env.CONDA_EXE, ...onPath].filter((path) => path !== undefined && path !== null);
  const roots = programs.map((program) => dirname(dirname(program)));
  return env.MAMBA_ROOT_PREFIX === undefined ? roots : [...roots, env.MAMBA_ROOT_PREFIX];
}

/** A shim of pyenv is a shell script that looks for the version to use and starts its program of the same name. */
function behindShim(
  path: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const root = dirname(dirname(path));
  if (basename(dirname(path)) !== 'shims' || !isDirectory(join(root, 'versions'))) return path;
  const installed = entries(join(root, 'versions'));
  const programs = pyenvVersions(root, cwd, env)
    .map((version) => newest(installed, version))
    .map((version) => version && executableFile(join(root, 'versions', version, 'bin', basename(path))));
  return programs.find((program) => program) ?? null;
}

/** `PYENV_VERSION`, else the nearest `.python-version`, else the global choice; several are tried in order. */
function pyenvVersions(
  root: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  if (env.PYENV_VERSION) return env.PYENV_VERSION.split(':');
  for (const directory of ancestors(cwd)) {
    const local = readText(join(directory, '.python-version'));
    if (local !== null) return local.trim().split(/\s+/);
  }
  return (readText(join(root, 'version')) ?? '').trim().split(/\s+/);
}

/** `3.11` stands for the newest installed 3.11.x. */
function newest(installed: readonly string[], version: string): string | undefined {
  if (installed.includes(version)) return version;
  const patch = (name: string): number => Number(name.slice(version.length + 1));
  return installed
    .filter((name) => name.startsWith(`${version}.`) && !Number.isNaN(patch(name)))
    .sort((a, b) => patch(a) - patch(b))
    .at(-1);
}

/** A directory and those above it, links resolved. */
export function ancestors(directory: string): string[] {
  const found = [isDirectory(directory) ? realpathSync.native(directory) : resolve(directory)];
  while (dirname(found.at(-1)!) !== found.at(-1)) found.push(dirname(found.at(-1)!));
  return found;
}
