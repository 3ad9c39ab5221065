import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Json } from '../../../src/hydra/typed-json.js';

/** A question of one of the kinds of tests/conformance/answer.ts. */
export interface Question {
  kind: string;
  [input: string]: Json;
}

export type Answer = { ok: Json } | { error: { type: string; message: string } };

/** Real Hydra, OmegaConf and PyYAML in one process, asked by lines of JSON. */
export class Oracle {
  readonly #process: ChildProcess;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  #ended: Error | null = null;

  /** `trees`: where the trees lie that questions name. */
  constructor(python: string, trees?: string) {
    const program = join(import.meta.dirname, 'oracle', 'main.py');
    this.#process = spawn(python, [program, ...(trees === undefined ? [] : ['--trees', trees])], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#process.stdout! }).on('line', (line) =>
      this.#waiting.shift()?.(JSON.parse(line)),
    );
    this.#process.on('exit', (code) => {
      this.#ended = new Error(`the oracle has ended (${code})`);
      for (const answer of this.#waiting.splice(0))
        answer({ error: { type: 'Ended', message: String(code) } });
    });
  }

  ask(question: Question): Promise<Answer> {
    if (this.#ended !== null) throw this.#ended;
    this.#process.stdin!.write(`${JSON.stringify({ id: '', ...question })}\n`);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** How many questions it has yet to answer. */
  get busy(): number {
    return this.#waiting.length;
  }

  close(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()));
    this.#process.stdin!.end();
    return this.#ended === null ? gone : Promise.resolve();
  }
}

/** Several of them; each question goes to the one that has the fewest waiting. */
export class OraclePool {
  readonly #oracles: readonly Oracle[];

  constructor(python: string, processes: number, trees?: string) {
    this.#oracles = Array.from({ length: processes }, () => new Oracle(python, trees));
  }

  ask(question: Question): Promise<Answer> {
    return this.#oracles.reduce((least, one) => (one.busy < least.busy ? one : least)).ask(question);
  }

  async close(): Promise<void> {
    await Promise.all(this.#oracles.map((oracle) => oracle.close()));
  }
}
