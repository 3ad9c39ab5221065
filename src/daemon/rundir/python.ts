import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ask } from './ask.js';
import type { Command } from './interpreter.js';
import type { PythonFacts } from './metadata.js';

const ASK_MS = 5_000;

/**
 * Version and packages of an interpreter, from its files: pyvenv.cfg, and the names of the `*.dist-info` and
 * `*.egg-info` entries of its site directories (they hold name and version; nothing is imported, pip never runs).
 * Outside a virtual environment the files do not tell version and prefix (pyenv's python is a shell script), so the
 * interpreter itself is asked, isolated (`-I -S`) from all configuration and packages.
 */
export async function pythonFacts(executable: string, command: Command): Promise<PythonFacts> {
  const prefix = dirname(dirname(executable));
  const settings = await readFile(join(prefix, 'pyvenv.cfg'), 'utf8').catch(() => null);
  const told = venvVersion(settings);
  const alone = settings !== null && !/^include-system-site-packages\s*=\s*true/im.test(settings);
  const base = told !== null && alone ? null : await askInterpreter(executable, command);
  const version = told ?? base?.version ?? null;
  const minor = version?.split('.').slice(0, 2).join('.') ?? null;
  const prefixes = [prefix, ...(alone || !base ? [] : [base.prefix])];
  const sites = [
    ...[...new Set(prefixes)].flatMap((at) => siteDirectories(at, minor)),
    ...(alone ? [] : userSites(command.environment, minor)),
  ];
  return { version, executable, packages: await packagesIn(sites) };
}

/** `version = 3.11.2` (venv), `version_info = 3.11.2.final.0` (virtualenv, uv). */
const venvVersion = (settings: string | null): string | null =>
  /^version(?:_info)?\s*=\s*(\d+\.\d+\.\d+)/im.exec(settings ?? '')?.[1] ?? null;

const QUESTION = 'import platform, sys; print(platform.python_version()); print(sys.base_prefix)';

async function askInterpreter(
  executable: string,
  { environment, cwd }: Command,
): Promise<{ version: string; prefix: string } | null> {
  const said = await ask(executable, ['-I', '-S', '-c', QUESTION], {
    limitMs: ASK_MS,
    env: environment,
    cwd,
  });
  const [version, prefix] = said?.trim().split('\n') ?? [];
  return version !== undefined && prefix !== undefined ? { version, prefix } : null;
}

/** Where packages lie below a prefix; the second and third are Debian's. */
const siteDirectories = (prefix: string, minor: string | null): string[] =>
  minor === null
    ? []
    : [
        join(prefix, 'lib', `python${minor}`, 'site-packages'),
        join(prefix, 'lib64', `python${minor}`, 'site-packages'),
        join(prefix, 'lib', 'python3', 'dist-packages'),
        join(prefix, 'local', 'lib', `python${minor}`, 'dist-packages'),
      ];

function userSites(
  { HOME, PYTHONUSERBASE, PYTHONNOUSERSITE }: Command['environment'],
  minor: string | null,
): string[] {
  const base = PYTHONUSERBASE || (HOME ? join(HOME, '.local') : '');
  return base === '' || minor === null || PYTHONNOUSERSITE
    ? []
    : [join(base, 'lib', `python${minor}`, 'site-packages')];
}

async function packagesIn(sites: readonly string[]): Promise<string[]> {
  const real = await Promise.all(sites.map((site) => realpath(site).catch(() => null)));
  const found = await Promise.all(
    [...new Set(real)].map((site) => (site === null ? [] : readdir(site).catch(() => []))),
  );
  return [...new Set(found.flat().flatMap(packageOf))].sort((a, b) =>
    a.toLowerCase() < b.toLowerCase() ? -1 : 1,
  );
}

/** `torch-2.3.0+cu121.dist-info` → `torch==2.3.0+cu121`; an egg-info may end in `-py3.11`. */
function packageOf(entry: string): string[] {
  const stem = /^(.+)\.(?:dist-info|egg-info)$/.exec(basename(entry))?.[1]?.replace(/-py\d[\d.]*$/, '');
  if (stem === undefined || stem.startsWith('~')) return [];
  const [name, version] = stem.split('-', 2);
  return version === undefined ? [] : [`${name!.replaceAll('_', '-')}==${version}`];
}
