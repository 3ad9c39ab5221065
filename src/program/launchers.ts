import { resolve } from 'node:path';
import {
  ACCELERATE,
  CONDA,
  DEEPSPEED,
  ENV,
  NODE,
  PROJECT,
  PYTHON,
  SHELL,
  TORCH,
  UV,
} from './launcher-options.js';
import { names, type Options, readOptions } from './options.js';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Where and with what a program is started; launchers change it. */
export interface Surroundings {
  /** Absolute. */
  cwd: string;
  env: Variables;
  /** The environment that a launcher puts first on PATH. */
  environment: Environment | null;
}

export type Environment =
  /** The project's `.venv`, at or above a directory; `active` prefers VIRTUAL_ENV. */
  | { kind: 'project'; directory: string; active: boolean }
  | { kind: 'conda'; name: string }
  | { kind: 'prefix'; path: string };

/** What an argv starts, seen through interpreters and launchers, by its words alone. */
export type Start = Surroundings & {
  /** Index of the first word that the program itself gets. */
  argsAt: number;
} & Target;

export type Target =
  | { kind: 'script'; script: string; python: Interpreter }
  | { kind: 'module'; module: string; python: Interpreter }
  /** `-c`, standard input, a session. */
  | { kind: 'inline'; python: Interpreter }
  /** A script of another interpreter, Node.js or a shell; null where it has none. */
  | { kind: 'foreign'; at: number; script: string | null }
  /** Any other program, as far as words tell; `at` is its index. */
  | { kind: 'command'; at: number };

export interface Interpreter {
  /** What names it: `python3`, or a launcher that runs with the interpreter it was installed for; null: the first on PATH. */
  word: string | null;
  /** Letters of the options that change where modules are looked for: I E P s S. */
  flags: string;
}

export function startOf(argv: readonly string[], surroundings: Surroundings, at = 0): Start {
  const word = argv[at];
  const name = word === undefined ? '' : word.slice(word.lastIndexOf('/') + 1);
  if (/^(?:python|pypy)[\d.]*[td]?$/.test(name)) return python(argv, at, surroundings);
  if (/^(?:node|bun|deno|tsx)$/.test(name)) return foreign(argv, at, NODE, surroundings);
  if (/^(?:ba|da|z|k)?sh$/.test(name)) return foreign(argv, at, SHELL, surroundings);
  const launcher = Object.hasOwn(LAUNCHERS, name) ? LAUNCHERS[name]! : command;
  return launcher(argv, at, surroundings);
}

/** Reads the words of the launcher at `argv[at]`. */
type Launcher = (argv: readonly string[], at: number, surroundings: Surroundings) => Start;

const command: Launcher = (_, at, surroundings) => ({ ...surroundings, kind: 'command', at, argsAt: at + 1 });

/** The first operand, `-c` or `-m` ends the options of Python. */
const python: Launcher = (argv, at, surroundings) => {
  const { at: operand, given } = readOptions(argv, at + 1, PYTHON);
  const flags = ['I', 'E', 'P', 's', 'S'].filter((flag) => given.has(flag)).join('');
  const interpreter = { word: argv[at]!, flags };
  const module = given.get('m');
  if (module !== undefined) return runModule(argv, operand, module, interpreter, surroundings);
  const script = given.has('c') ? undefined : argv[operand];
  if (script === undefined || script === '-')
    return { ...surroundings, kind: 'inline', python: interpreter, argsAt: Math.min(operand, argv.length) };
  return { ...surroundings, kind: 'script', script, python: interpreter, argsAt: operand + 1 };
};

function runModule(
  argv: readonly string[],
  argsAt: number,
  module: string,
  interpreter: Interpreter,
  surroundings: Surroundings,
): Start {
  if (/^torch\.distributed\.(?:run|launch)$/.test(module))
    return launched(argv, argsAt, TORCH, interpreter, surroundings);
  if (module === 'accelerate.commands.launch')
    return launched(argv, argsAt, ACCELERATE, interpreter, surroundings);
  if (module === 'accelerate.commands.accelerate_cli' && argv[argsAt] === 'launch')
    return launched(argv, argsAt + 1, ACCELERATE, interpreter, surroundings);
  return { ...surroundings, kind: 'module', module, python: interpreter, argsAt };
}

/** A shell's `-c` brings the code itself. */
function foreign(argv: readonly string[], at: number, options: Options, surroundings: Surroundings): Start {
  const { at: operand, given } = readOptions(argv, at + 1, options);
  const script = given.has('c') ? null : (argv[operand] ?? null);
  return { ...surroundings, kind: 'foreign', at, script, argsAt: Math.min(operand + 1, argv.length) };
}

/** What a launcher of Python programs runs in processes of its own: a script, `-m` a module, `--no-python` any command. */
function launched(
  argv: readonly string[],
  from: number,
  options: Options,
  interpreter: Interpreter,
  surroundings: Surroundings,
): Start {
  const { at, given } = readOptions(argv, from, options);
  const target = argv[at];
  // The processes get none of the launcher's own options of Python.
  const python = { ...interpreter, flags: '' };
  if (target === undefined) return { ...surroundings, kind: 'inline', python, argsAt: argv.length };
  if (given.has('no-python') && !given.has('run-path')) return startOf(argv, surroundings, at);
  const argsAt = at + 1;
  if (given.has('m') || given.has('module'))
    return { ...surroundings, kind: 'module', module: target, python, argsAt };
  return { ...surroundings, kind: 'script', script: target, python, argsAt };
}

/** A launcher with these options, which runs with the interpreter it was installed for. */
const launcherOf =
  (options: Options): Launcher =>
  (argv, at, surroundings) =>
    launched(argv, at + 1, options, { word: argv[at]!, flags: '' }, surroundings);

const accelerate: Launcher = (argv, at, surroundings) =>
  argv[at + 1] === 'launch'
    ? launched(argv, at + 2, ACCELERATE, { word: argv[at]!, flags: '' }, surroundings)
    : command(argv, at, surroundings);

/** `uv run`: a script, `-m` a module, or any command, in the project's environment. */
const uv: Launcher = (argv, at, surroundings) => {
  const before = readOptions(argv, at + 1, UV);
  if (argv[before.at] !== 'run') return command(argv, at, surroundings);
  const options = readOptions(argv, before.at + 1, UV);
  const given = new Map([...before.given, ...options.given]);
  const cwd = resolve(surroundings.cwd, given.get('directory') ?? '.');
  const directory = resolve(cwd, given.get('project') ?? '.');
  const inside: Surroundings = {
    ...surroundings,
    cwd,
    environment: { kind: 'project', directory, active: given.has('active') || given.has('no-project') },
  };
  const python = { word: null, flags: '' };
  const target = argv[options.at];
  const argsAt = options.at + 1;
  if (target === undefined || target === '-') return { ...inside, kind: 'inline', python, argsAt };
  if (given.has('m') || given.has('module'))
    return { ...inside, kind: 'module', module: target, python, argsAt };
  if (/\.py$/i.test(target) || ['s', 'script', 'gui-script'].some((name) => given.has(name)))
    return { ...inside, kind: 'script', script: target, python, argsAt };
  return startOf(argv, inside, options.at);
};

/** `poetry run`, `pipenv run`, `pdm run`: any command in the project's environment. */
const projectRun: Launcher = (argv, at, surroundings) => {
  const first = readOptions(argv, at + 1, PROJECT);
  if (argv[first.at] !== 'run') return command(argv, at, surroundings);
  const second = readOptions(argv, first.at + 1, PROJECT);
  const given = new Map([...first.given, ...second.given]);
  const cwd = resolve(surroundings.cwd, given.get('directory') ?? given.get('C') ?? '.');
  const directory = resolve(cwd, given.get('project') ?? given.get('P') ?? given.get('p') ?? '.');
  const environment: Environment = { kind: 'project', directory, active: true };
  return startOf(argv, { ...surroundings, cwd, environment }, second.at);
};

const condaRun: Launcher = (argv, at, surroundings) => {
  if (argv[at + 1] !== 'run') return command(argv, at, surroundings);
  const { at: target, given } = readOptions(argv, at + 2, CONDA);
  const cwd = resolve(surroundings.cwd, given.get('cwd') ?? '.');
  const prefix = given.get('prefix') ?? given.get('p');
  const name = given.get('name') ?? given.get('n');
  const environment: Environment | null =
    prefix !== undefined
      ? { kind: 'prefix', path: resolve(surroundings.cwd, prefix) }
      : name !== undefined
        ? { kind: 'conda', name }
        : surroundings.environment;
  return startOf(argv, { ...surroundings, cwd, environment }, target);
};

const env: Launcher = (argv, at, surroundings) => {
  const { at: operand, given } = readOptions(argv, at + 1, ENV);
  const split = given.get('split-string') ?? given.get('S');
  // Words of one word have no index: nothing behind them could be told where it stands.
  if (split !== undefined) return command(argv, at, surroundings);
  const ignored = given.has('i') || given.has('ignore-environment') || argv[at + 1] === '-';
  const variables: Record<string, string | undefined> = ignored ? {} : { ...surroundings.env };
  let target = operand + (argv[operand] === '-' ? 1 : 0);
  for (; /^[^=]+=/.test(argv[target] ?? ''); target++) {
    const [name, ...value] = argv[target]!.split('=');
    variables[name!] = value.join('=');
  }
  const cwd = resolve(surroundings.cwd, given.get('chdir') ?? given.get('C') ?? '.');
  return startOf(argv, { ...surroundings, cwd, env: variables }, target);
};

/** A command that starts the one behind its options and `operands` more words. */
function before(flags: string, valued: string, operands = 0): Launcher {
  const options: Options = { flags: names(flags), valued: names(valued), abbreviated: true };
  return (argv, at, surroundings) =>
    startOf(argv, surroundings, readOptions(argv, at + 1, options).at + operands);
}

const LAUNCHERS: Readonly<Record<string, Launcher>> = {
  torchrun: launcherOf(TORCH),
  deepspeed: launcherOf(DEEPSPEED),
  accelerate,
  'accelerate-launch': launcherOf(ACCELERATE),
  uv,
  poetry: projectRun,
  pipenv: projectRun,
  pdm: projectRun,
  conda: condaRun,
  mamba: condaRun,
  micromamba: condaRun,
  env,
  nice: before('', 'n adjustment'),
  ionice: before('t ignore', 'c class n classdata'),
  nohup: before('', ''),
  setsid: before('c ctty f fork w wait', ''),
  time: before('p portability v verbose a append q quiet', 'f format o output'),
  timeout: before('v verbose f foreground p preserve-status', 's signal k kill-after', 1),
  stdbuf: before('', 'i input o output e error'),
  chrt: before(
    'b batch d deadline f fifo i idle o other r rr R reset-on-fork a all-tasks v verbose',
    'T sched-runtime P sched-period D sched-deadline',
    1,
  ),
  taskset: before('a all-tasks c cpu-list', '', 1),
  numactl: before(
    'l localalloc a all b balancing',
    'm membind N cpunodebind C physcpubind i interleave w weighted-interleave p preferred P preferred-many',
  ),
  'xvfb-run': before(
    'a auto-servernum l listen-tcp',
    'e error-file f auth-file n server-num p xauth-protocol s server-args w wait',
  ),
};
