import { type CodeSnapshot, codeState } from '../../code/git.js';
import type { Environment } from '../../environment.js';
import { ask } from './ask.js';
import type { Command } from './interpreter.js';
import type { PythonFacts } from './metadata.js';
import { pythonFacts } from './python.js';

const ASK_MS = 5_000;
const GIT_MS = 10_000;

/** One look at the machine for several attempts: each tree, each interpreter once. */
export class Look {
  readonly #trees = new Map<string, Promise<CodeSnapshot>>();
  readonly #pythons = new Map<Environment, Map<string, Promise<PythonFacts>>>();
  readonly #nodes = new Map<string, Promise<string | null>>();

  code(project: string): Promise<CodeSnapshot> {
    return once(this.#trees, project, () => codeState(project, { limitMs: GIT_MS }));
  }

  python(executable: string, command: Command): Promise<PythonFacts> {
    const { environment, cwd } = command;
    const here = once(this.#pythons, environment, () => new Map<string, Promise<PythonFacts>>());
    return once(here, `${executable}\0${cwd}`, () => pythonFacts(executable, command));
  }

  /** Its version. */
  node(executable: string): Promise<string | null> {
    return once(this.#nodes, executable, () => ask(executable, ['--version'], { limitMs: ASK_MS, env: {} }));
  }
}

function once<Key, Value>(known: Map<Key, Value>, key: Key, find: () => Value): Value {
  const value = known.get(key) ?? find();
  known.set(key, value);
  return value;
}
