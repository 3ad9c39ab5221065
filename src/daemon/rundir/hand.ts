import { type ChildProcess, spawn } from 'node:child_process';

/** `errno` is 0 when all was done; `done` counts the steps before the one that failed. */
export interface Answer {
  errno: number;
  done: number;
}

/** One process `expshim scribe` (native/PROTOCOL.md), which carries out one request at a time. It ends with us. */
export class Hand {
  readonly #child: ChildProcess;
  #asked: { answer: (answer: Answer) => void; failed: (cause: Error) => void } | null = null;
  #cause: Error | null = null;

  constructor(program: string) {
    // Detached: Ctrl-C in the terminal of a foreground daemon is not for it.
    this.#child = spawn(program, ['scribe', String(process.pid)], {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let rest = '';
    // Without descriptors to spare a child comes without streams, and an `error` event follows.
    this.#child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#heard(line);
    });
    this.#child.stdin?.on('error', () => {}); // EPIPE: its end is told by `close`
    this.#child.once('error', (cause) => this.#ended(cause));
    this.#child.once('close', (code, signal) =>
      this.#ended(new Error(`the scribe ended with ${signal ?? code}`)),
    );
  }

  get idle(): boolean {
    return this.#asked === null && !this.over;
  }

  /** Its process is gone, or never was. */
  get over(): boolean {
    return this.#cause !== null;
  }

  /** Only while it is idle. Rejects when the process ends first. */
  ask(request: Buffer): Promise<Answer> {
    return new Promise((answer, failed) => {
      this.#asked = { answer, failed };
      this.#child.stdin?.write(Buffer.concat([Buffer.from(`${request.length}\n`), request]));
    });
  }

  /** Of a request under way nothing is heard any more. */
  close(): void {
    this.#child.stdin?.end();
    this.#child.unref();
  }

  #heard(line: string): void {
    const [errno = 0, done = 0] = line.split(' ').map(Number);
    const asked = this.#asked;
    this.#asked = null;
    asked?.answer({ errno, done });
  }

  #ended(cause: Error): void {
    this.#cause ??= cause;
    const asked = this.#asked;
    this.#asked = null;
    asked?.failed(this.#cause);
  }
}
