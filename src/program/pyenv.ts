import { basename, dirname, join } from 'node:path';
import { ancestors, entries, executableFile, isDirectory, readText } from './file.js';
import type { Variables } from './launchers.js';

/** A shim of pyenv is a shell script that looks for the version to use and starts its program of the same name. */
export function behindShim(path: string, cwd: string, env: Variables): string | null {
  const root = dirname(dirname(path));
  if (basename(dirname(path)) !== 'shims' || !isDirectory(join(root, 'versions'))) return path;
  const installed = entries(join(root, 'versions'));
  const programs = pyenvVersions(root, cwd, env)
    .map((version) => newest(installed, version))
    .map((version) => version && executableFile(join(root, 'versions', version, 'bin', basename(path))));
  return programs.find((program) => program) ?? null;
}

/** `PYENV_VERSION`, else the nearest `.python-version`, else the global choice; several are tried in order. */
function pyenvVersions(root: string, cwd: string, env: Variables): string[] {
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
