import { dirname, join, resolve } from 'node:path';
import type { Place } from '../../composition/place.js';
import type { HydraFlags } from '../../program/flags.js';
import type { Parameter } from '../../program/hydra-main.js';
import { moduleFile } from '../../program/import-path.js';
import type { HydraProgram } from '../../program/recognise.js';

/** Why an application's configuration cannot be found from its files alone. */
export interface Unreadable {
  why: string;
}

/**
 * Where a Hydra application looks for its configuration: what its decorator says, changed by its own options.
 * After `compute_search_path_dir` and `main` of Hydra 1.3.
 */
export function applicationPlace(
  program: HydraProgram,
  flags: Pick<HydraFlags, 'configPath' | 'configName' | 'configDir'>,
  cwd: string,
): Place | Unreadable {
  const base = versionBase(program.versionBase);
  if (base === null) return unread('version_base', program.versionBase);
  const name = flags.configName === null ? textOf(program.configName, null) : { text: flags.configName };
  if (name === null) return unread('config_name', program.configName);
  // Before version_base was, the directory of the program was searched.
  const unset = base === '1.1' ? '.' : null;
  const path = flags.configPath === null ? textOf(program.configPath, unset) : { text: flags.configPath };
  if (path === null) return unread('config_path', program.configPath);
  return {
    directory: path.text === null ? null : searched(program, path.text),
    further: flags.configDir === null ? [] : [resolve(cwd, flags.configDir)],
    config: name.text,
    versionBase: base,
    jobName: program.jobName,
    cwd,
    packages: (dotted) => packageDirectory(program, dotted),
  };
}

/** null: only Python knows. */
function textOf(parameter: Parameter, unset: string | null): { text: string | null } | null {
  switch (parameter.kind) {
    case 'text':
      return { text: parameter.text };
    case 'none':
      return { text: null };
    case 'unset':
      return { text: unset };
    case 'expression':
      return null;
  }
}

/** Nothing given means 1.1, None the newest; null: only Python knows. */
function versionBase(parameter: Parameter): Place['versionBase'] | null {
  if (parameter.kind === 'unset') return '1.1';
  if (parameter.kind === 'none') return '1.3';
  if (parameter.kind === 'expression') return null;
  const [major = 0, minor = 0] = parameter.text.split('.').map(Number);
  if (major < 1 || (major === 1 && minor <= 1)) return '1.1';
  return major === 1 && minor === 2 ? '1.2' : '1.3';
}

function searched({ home }: HydraProgram, path: string): string {
  if (path.startsWith('/') || path.startsWith('pkg://')) return path;
  if (home.kind === 'directory') return join(home.directory, path);
  const parts = home.module.split('.').slice(0, -1);
  let rest = path;
  while (rest.startsWith('../')) {
    rest = rest.slice('../'.length);
    parts.pop();
  }
  return `pkg://${[...(parts.length > 0 ? [parts.join('.')] : []), rest].join('/')}`;
}

function packageDirectory({ importPath }: HydraProgram, dotted: string): string | null {
  const file = moduleFile(dotted, importPath(), '__init__.py');
  return file?.endsWith('/__init__.py') ? dirname(file) : null;
}

const unread = (name: string, parameter: Parameter): Unreadable => ({
  why: `its ${name} is known to Python alone${parameter.kind === 'expression' ? ` (${parameter.expression})` : ''}`,
});
