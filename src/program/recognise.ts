import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Entry, entryOf } from './console-script.js';
import { executableOf } from './executable.js';
import { isDirectory, isFile, readText } from './file.js';
import { findHydraMain, type HydraMain } from './hydra-main.js';
import { type ImportPath, importPathOf, moduleFile } from './import-path.js';
import { pythonOf } from './interpreter.js';
import { type Interpreter, type Start, type Surroundings, startOf, type Variables } from './launchers.js';
import { shebangOf } from './shebang.js';

/** What an argv runs. */
export type Program = HydraProgram | PythonProgram | { kind: 'other' };

/** A program whose source decorates a function with `@hydra.main`. */
export interface HydraProgram extends HydraMain {
  kind: 'hydra';
  /** The source with `@hydra.main`: absolute. */
  script: string;
  /** The name of `python -m NAME`, or of the module behind a console script. */
  module: string | null;
  /** What its config path is relative to. */
  home: Home;
  /** As Hydra names the job, unless `hydra.job.name` says otherwise. */
  jobName: string;
  /** Index in the argv of the first word that is the program's own; the argv's length where there is none. */
  argsAt: number;
  /** Where it runs: a launcher may have gone elsewhere. Absolute. */
  cwd: string;
  /** The interpreter: absolute; null where it is not there. */
  python: string | null;
  /** Where it finds modules, for `pkg://`. */
  importPath: () => ImportPath;
}

export type Home =
  /** Of the source that Python runs as `__main__`; links in it are resolved. */
  | { kind: 'directory'; directory: string }
  /** The function is a module's: Hydra looks in `pkg://` of its package. */
  | { kind: 'module'; module: string };

/** A Python program that is no Hydra application. */
export interface PythonProgram {
  kind: 'python';
  why: NotHydra;
  /** Absolute; null where no source is known. */
  script: string | null;
  module: string | null;
  argsAt: number;
  python: string | null;
}

export type NotHydra = keyof typeof NOT_HYDRA;

/** Why a Python program is not taken for a Hydra application, for people. */
export const NOT_HYDRA = {
  absent: 'its source does not use Hydra',
  unused: 'its source imports Hydra, but has no @hydra.main',
  indirect: 'its source hands hydra.main on, and what becomes of it cannot be read',
  shadowed: 'the hydra that it imports is a module of its own directory',
  inline: 'its source is not in a file',
  missing: 'its source cannot be read',
  unknown: 'its module was not found',
} as const;

/**
 * Decides from the words of a command and the files they name, running nothing, whether it is a Hydra application:
 * behind Python, launchers, scripts with a shebang line, and console scripts. `cwd` is absolute.
 */
export function recognise(argv: readonly string[], where: Omit<Surroundings, 'environment'>): Program {
  return see(argv, { ...where, environment: null }, 0);
}

/** A shebang line may name a script; the kernel gives up after as many. */
const DEEPEST = 4;

function see(argv: readonly string[], surroundings: Surroundings, depth: number): Program {
  const start = startOf(argv, surroundings);
  if (start.kind !== 'command') return judge(start);
  const word = argv[start.at];
  const path = word === undefined ? null : executableOf(word, start);
  const line = path === null || depth === DEEPEST ? null : shebangOf(path);
  if (path === null || line === null) return { kind: 'other' };
  const program = see([...line, path, ...argv.slice(start.at + 1)], start, depth + 1);
  if (program.kind === 'other') return program;
  // Behind the path stand the same words as behind the one that named it.
  return { ...program, argsAt: program.argsAt - (line.length + 1) + (start.at + 1) };
}

function judge(start: Start): Program {
  switch (start.kind) {
    case 'command':
    case 'foreign':
      return { kind: 'other' };
    case 'inline':
      return no('inline', start, null, null);
    case 'module':
      return judgeModule(start, start.module);
    case 'script':
      return judgeScript(start, start.script);
    default:
      return start satisfies never;
  }
}

type PythonStart = Extract<Start, { python: Interpreter }>;

const no = (
  why: NotHydra,
  start: PythonStart,
  script: string | null,
  module: string | null,
): PythonProgram => ({
  kind: 'python',
  why,
  script,
  module,
  argsAt: start.argsAt,
  python: pythonOf(start.python, start),
});

/** `python -m`: the module is `__main__`, and the working directory is searched first. */
function judgeModule(start: PythonStart, module: string): Program {
  const file = moduleFile(module, importPath(start, start.cwd), '__main__.py');
  if (file === null) return no('unknown', start, null, module);
  return judgeSource(start, { file, text: readText(file), module, first: start.cwd, entry: null });
}

/** `python SCRIPT`: its own directory, links resolved, is searched first; a directory runs its `__main__.py`. */
function judgeScript(start: PythonStart, word: string): Program {
  const path = resolve(start.cwd, word);
  const file = isDirectory(path) ? join(path, '__main__.py') : path;
  const text = readText(file);
  if (text === null) return no('missing', start, file, null);
  const first = dirname(realpathSync.native(file));
  const entry = file.endsWith('.py') ? null : entryOf(text);
  if (entry === null) return judgeSource(start, { file, text, module: null, first, entry });
  const { module } = entry;
  const behind = moduleFile(module, importPath(start, first), '__init__.py');
  if (behind === null) return no('unknown', start, file, module);
  return judgeSource(start, { file: behind, text: readText(behind), module, first, entry });
}

const importPath = (start: PythonStart, first: string): ImportPath =>
  importPathOf(first, pythonOf(start.python, start), start.python.flags, start);

interface Source {
  file: string;
  /** What it holds; null where it cannot be read. */
  text: string | null;
  module: string | null;
  /** The directory that Python puts first on its import path. */
  first: string;
  /** The console script's, whose module is imported and not `__main__`. */
  entry: Entry | null;
}

function judgeSource(start: PythonStart, { file, text, module, first, entry }: Source): Program {
  if (text === null) return no('missing', start, file, module);
  const search = findHydraMain(text, entry?.name);
  if (search.kind !== 'found') return no(search.kind, start, file, module);
  if (isShadowed(first)) return no('shadowed', start, file, module);
  const home = homeOf(file, entry, start.env);
  return {
    kind: 'hydra',
    ...search.main,
    script: file,
    module,
    home,
    jobName: home.kind === 'module' ? home.module.split('.').at(-1)! : validName(stem(file)),
    argsAt: start.argsAt,
    cwd: start.cwd,
    python: pythonOf(start.python, start),
    importPath: () => importPath(start, first),
  };
}

/** A module or package of the program's own that is called hydra, and is not a copy of Hydra. */
const isShadowed = (directory: string): boolean =>
  isFile(join(directory, 'hydra.py')) ||
  (isFile(join(directory, 'hydra', '__init__.py')) && !isFile(join(directory, 'hydra', 'main.py')));

/** After `detect_calling_file_or_module_from_task_function` of Hydra. */
function homeOf(file: string, entry: Entry | null, env: Variables): Home {
  const override = ['HYDRA_MAIN_MODULE', 'FB_PAR_MAIN_MODULE', 'FB_XAR_MAIN_MODULE'].find(
    (name) => name in env,
  );
  const module = override === undefined ? entry?.module : env[override];
  if (module !== undefined) return { kind: 'module', module };
  return { kind: 'directory', directory: realpathSync.native(dirname(file)) };
}

/** os.path.splitext: leading dots belong to the name. */
const stem = (file: string): string => basename(file).replace(/(?<=[^.].*)\.[^.]*$/, '');

/** `get_valid_filename` of Hydra. */
const validName = (name: string): string =>
  name
    .trim()
    .replaceAll(' ', '_')
    .replaceAll(/[^-\p{L}\p{N}_.]/gu, '');
