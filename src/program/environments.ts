import { dirname, join, resolve } from 'node:path';
import { ancestors, executableFile, isDirectory, isFile } from './file.js';
import type { Environment, Surroundings, Variables } from './launchers.js';

/** The directory of the environment that a launcher chooses; null where it chooses none or it is not there. */
export function prefixOf({ cwd, env, environment }: Surroundings): string | null {
  if (environment === null) return null;
  const found = candidates(environment, cwd, env).find((path) => isDirectory(join(path, 'bin')));
  return found ?? null;
}

function candidates(environment: Environment, cwd: string, env: Variables): string[] {
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
function condaPrefixes(name: string, cwd: string, env: Variables): string[] {
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
function condaRoots(env: Variables): string[] {
  const onPath = (env.PATH ?? '').split(':').map((path) => executableFile(join(path, 'conda')));
  const programs = [env.CONDA_EXE, ...onPath].filter((path) => path !== undefined && path !== null);
  const roots = programs.map((program) => dirname(dirname(program)));
  return env.MAMBA_ROOT_PREFIX === undefined ? roots : [...roots, env.MAMBA_ROOT_PREFIX];
}
