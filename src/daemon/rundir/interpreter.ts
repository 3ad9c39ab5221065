import { constants } from 'node:fs';
import { access, open, realpath } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../../environment.js';

/** What is executed and in what surroundings. */
export interface Command {
  argv: readonly string[];
  cwd: string;
  environment: Environment;
}

/**
 * The Python that a command runs under: itself, that of its `#!` line (torchrun, accelerate, any console script),
 * else that of the active virtual or conda environment. Absolute, links kept: a virtual environment is found
 * by where its python lies. null: no Python.
 */
export async function pythonOf(command: Command): Promise<string | null> {
  const program = await programOf(command);
  if (program === null) return null;
  if (isPython(program)) return program;
  const shebang = await shebangOf(program);
  if (shebang !== null) {
    const words =
      basename(shebang[0] ?? '') === 'env' ? shebang.slice(1).filter((w) => !w.startsWith('-')) : shebang;
    const interpreter = words[0] === undefined ? null : await find(words[0], command);
    if (interpreter !== null && isPython(interpreter)) return interpreter;
  }
  if (basename(program) === 'node') return null;
  const { VIRTUAL_ENV, CONDA_PREFIX } = command.environment;
  const own = basename(program) === 'uv' ? [join(command.cwd, '.venv')] : [];
  for (const prefix of [VIRTUAL_ENV, ...own, CONDA_PREFIX])
    if (prefix && (await isExecutable(join(prefix, 'bin', 'python')))) return join(prefix, 'bin', 'python');
  return null;
}

/** The Node.js of a command that is one, or of its `#!` line; links resolved. null: no Node.js. */
export async function nodeOf(command: Command): Promise<string | null> {
  const program = await programOf(command);
  if (program === null) return null;
  const shebang = basename(program) === 'node' ? null : await shebangOf(program);
  const interpreter = shebang?.find((word) => basename(word) === 'node');
  const node = basename(program) === 'node' ? program : interpreter && (await find(interpreter, command));
  return node ? realpath(node) : null;
}

const isPython = (path: string): boolean => /^(python|pypy)[\d.]*$/.test(basename(path));

const programOf = (command: Command): Promise<string | null> => find(command.argv[0] ?? '', command);

/** As execvp(3) finds it. */
async function find(name: string, { cwd, environment }: Command): Promise<string | null> {
  if (name === '') return null;
  if (name.includes('/')) {
    const path = isAbsolute(name) ? name : resolve(cwd, name);
    return (await isExecutable(path)) ? path : null;
  }
  for (const directory of (environment.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter)) {
    const path = resolve(cwd, directory, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

async function shebangOf(path: string): Promise<string[] | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
  if (file === null) return null;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const line = buffer.toString('utf8', 0, bytesRead).split('\n')[0]!;
    return line.startsWith('#!') ? line.slice(2).trim().split(/\s+/) : null;
  } catch {
    return null;
  } finally {
    await file.close();
  }
}
