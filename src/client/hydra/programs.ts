import { type Program, recognise } from '../../program/recognise.js';

/** What commands run; commands that begin alike are looked at once. */
export class Programs {
  readonly #known: { cwd: string; words: readonly string[]; program: Program }[] = [];

  constructor(private readonly env: Readonly<Record<string, string | undefined>>) {}

  of(argv: readonly string[], cwd: string): Program {
    // The words before its own arguments say all of a program.
    const known = this.#known.find(
      (one) => one.cwd === cwd && one.words.every((word, at) => argv[at] === word),
    );
    if (known !== undefined) return known.program;
    const program = recognise(argv, { cwd, env: this.env });
    const named = program.kind !== 'other' && (program.script ?? program.module) !== null;
    if (named && this.#known.length < MOST)
      this.#known.push({ cwd, words: argv.slice(0, program.argsAt), program });
    return program;
  }
}

const MOST = 100;
