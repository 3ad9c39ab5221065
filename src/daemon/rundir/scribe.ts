import { type ChildProcess, spawn } from 'node:child_process';
import { getSystemErrorMap } from 'node:util';

/** One file operation; modes are exact, whatever our umask is. Each fails like the system call behind it. */
export type Step =
  /** It must be a directory. */
  | { do: 'look'; path: string }
  /** A new directory, and one that may be there already. */
  | { do: 'make' | 'have'; path: string; mode: number }
  /** A new file, never through a link. */
  | { do: 'write'; path: string; mode: number; content: Content }
  /** Whole or not at all; a link there is replaced, never followed. */
  | { do: 'replace'; path: string; mode: number; content: Content }
  /** A new file; one that is there is replaced only if it holds what the first of `records` that exists holds. */
  | { do: 'show'; path: string; mode: number; content: Content; records: readonly string[] }
  /** A line, in one write. */
  | { do: 'append'; path: string; mode: number; content: Content }
  | { do: 'link'; path: string; target: string }
  /** With all that is in it; nothing there is fine. */
  | { do: 'remove'; path: string };

type Content = string | Uint8Array;

/** What a step could not do; `code` is the errno's name. The steps before it are done, those after it are not. */
export class StepFailed extends Error {
  override name = 'StepFailed';

  constructor(
    readonly step: Step,
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}, ${step.do} '${step.path}'`);
  }
}

interface Request {
  steps: readonly Step[];
  done: () => void;
  failed: (cause: Error) => void;
}

/**
 * The process that carries out lists of file operations, `expshim scribe`. What an attempt needs on disk takes some
 * forty calls: by Node's thread pool they cost several milliseconds of both processors, which stood between the
 * end of one run and the start of the next. A disk that hangs holds up the scribe, and not the daemon.
 */
export class Scribe {
  #child: ChildProcess | null = null;
  /** Sent and not answered, by id; answers come in order. */
  readonly #requests = new Map<number, Request>();
  #ids = 0;
  #closed = false;

  constructor(private readonly program: string | Promise<string>) {}

  /** In order; resolves when all are done. @throws StepFailed, or an error when there is no process to be had */
  async carryOut(steps: readonly Step[]): Promise<void> {
    const payload = encode(steps);
    const program = await this.program;
    if (this.#closed) throw new Error('the scribe is closed');
    this.#child ??= this.#spawn(program);
    const { stdin } = this.#child;
    const id = ++this.#ids;
    return new Promise((done, failed) => {
      this.#requests.set(id, { steps, done, failed });
      stdin?.write(Buffer.concat([Buffer.from(`${id} ${payload.length}\n`), payload]));
    });
  }

  /** What was sent is still carried out. */
  close(): void {
    this.#closed = true;
    this.#child?.stdin?.end();
    this.#child?.unref();
    this.#child = null;
  }

  #spawn(program: string): ChildProcess {
    // Detached: Ctrl-C in the terminal of a foreground daemon is not for it.
    const child = spawn(program, ['scribe'], {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let rest = '';
    // Without descriptors to spare a child comes without streams, and an `error` event follows.
    child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#heard(line);
    });
    child.stdin?.on('error', () => {}); // EPIPE: its end is told by `close`
    child.once('error', (cause) => this.#ended(child, cause));
    child.once('close', (code, signal) =>
      this.#ended(child, new Error(`the scribe ended with ${signal ?? code}`)),
    );
    return child;
  }

  /** `<id> <errno, 0 for none> <steps done>` */
  #heard(line: string): void {
    const [id = 0, errno = 0, done = 0] = line.split(' ').map(Number);
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    if (request === undefined) return;
    const step = request.steps[done];
    if (errno === 0 || step === undefined) request.done();
    else request.failed(stepFailed(step, errno));
  }

  #ended(child: ChildProcess, cause: Error): void {
    if (this.#child === child) this.#child = null;
    for (const { failed } of this.#requests.values()) failed(cause);
    this.#requests.clear();
  }
}

function stepFailed(step: Step, errno: number): StepFailed {
  const [code, message] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'failed'];
  return new StepFailed(step, code, message);
}

/** NUL-terminated words, content after its length; see native/PROTOCOL.md. Throws for a path with a NUL. */
function encode(steps: readonly Step[]): Buffer {
  const parts: Buffer[] = [];
  const words = (...all: readonly string[]): void => {
    const torn = all.find((word) => word.includes('\0'));
    if (torn !== undefined) throw new Error(`NUL in ${JSON.stringify(torn)}`);
    parts.push(Buffer.from(all.map((word) => `${word}\0`).join('')));
  };
  for (const step of steps) {
    words(step.do, step.path);
    if (step.do === 'link') words(step.target);
    if ('mode' in step) words(step.mode.toString(8));
    if (step.do === 'show') words(...step.records, '');
    if (!('content' in step)) continue;
    const content = Buffer.from(step.content);
    words(String(content.length));
    parts.push(content);
  }
  return Buffer.concat(parts);
}
