import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Json } from '../../../src/hydra/typed-json.js';

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

  constructor(python: string) {
    this.#process = spawn(python, [join(import.meta.dirname, 'oracle.py')], {
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

  close(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()));
    this.#process.stdin!.end();
    return this.#ended === null ? gone : Promise.resolve();
  }
}
