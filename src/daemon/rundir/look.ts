import { type CodeSnapshot, codeState } from '../../code/git.js';
import type { Environment } from '../../environment.js';
import { ask } from './ask.js';
import { type Command, nodeOf, pythonOf } from './interpreter.js';
import type { PythonFacts } from './metadata.js';
import { pythonFacts } from './python.js';

const ASK_MS = 5_000;
const GIT_MS = 10_000;

type Known<Value> = Map<string, Promise<Value>>;

/** One look at the machine for several attempts: each tree, each program once. */
export class Look {
  readonly #trees: Known<CodeSnapshot> = new Map();
  readonly #pythons = new Map<Environment, Known<PythonFacts | null>>();
  readonly #nodes = new Map<Environment, Known<string | null>>();

  code(project: string): Promise<CodeSnapshot> {
    return once(this.#trees, project, () => codeState(project, { limitMs: GIT_MS }));
  }

  /** Of the interpreter that the command runs under; null: none. */
  python(command: Command): Promise<PythonFacts | null> {
    return once(of(this.#pythons, command), program(command), async () => {
      const executable = await pythonOf(command);
      return executable === null ? null : pythonFacts(executable, command);
    });
  }

  /** Version of the Node.js that the command runs under; null: none. */
  node(command: Command): Promise<string | null> {
    return once(of(this.#nodes, command), program(command), async () => {
      const executable = await nodeOf(command);
      return executable === null ? null : ask(executable, ['--version'], { limitMs: ASK_MS, env: {} });
    });
  }
}

/** What an interpreter is found by, beside the environment. */
const program = ({ argv, cwd }: Command): string => `${argv[0]}\0${cwd}`;

const of = <Value>(known: Map<Environment, Known<Value>>, { environment }: Command): Known<Value> =>
  once(known, environment, () => new Map());

function once<Key, Value>(known: Map<Key, Value>, key: Key, find: () => Value): Value {
  const value = known.get(key) ?? find();
  known.set(key, value);
  return value;
}
