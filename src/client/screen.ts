import { ClientError } from './errors.js';
import { inColour, noColour, type Style } from './render/output.js';
import { cut } from './render/width.js';

/** Standard output and error of this process. */
export interface Screen {
  style: Style;
  /** Standard output is a terminal. */
  tty: boolean;
  /** Resolves when the bytes are written, and not before a slow reader took them. Once it is gone it does nothing. */
  write(bytes: string | Uint8Array): Promise<void>;
  /** One line on standard error. */
  note(line: string): void;
  /** On a terminal the line that stands below all others and is replaced by the next; '' takes it away. */
  status(line: string): void;
  /** The reader of standard output went away. */
  closed(): boolean;
  /** Resolves when everything written is on its way: what a full pipe has not taken is lost with the process. */
  flushed(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function openScreen(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  env: Environment,
  now: number,
): Screen {
  let closed = false;
  // A reader that has seen enough (`| head`) is not an error; a full disk is, for who writes.
  stdout.on('error', () => {});
  // Nobody is left to be told.
  stderr.on('error', () => {});
  const tty = stdout.isTTY === true;
  const standing = new StandingLine(stderr, env);
  return {
    tty,
    style: {
      width: tty ? stdout.columns || 80 : Number.POSITIVE_INFINITY,
      now,
      paint: tty && !env.NO_COLOR && env.TERM !== 'dumb' ? inColour : noColour,
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (closed) return resolve();
        if (tty) standing.erase();
        stdout.write(bytes, (error?: NodeJS.ErrnoException | null) => {
          if (tty) standing.draw();
          closed ||= error?.code === 'EPIPE';
          if (!error || closed) resolve();
          else reject(unwritable(error));
        });
      }),
    note(line) {
      standing.erase();
      stderr.write(`${line}\n`);
      standing.draw();
    },
    status: (line) => standing.replace(line),
    closed: () => closed,
    async flushed() {
      await Promise.all([stdout, stderr].map(taken));
    },
  };
}

/** To the first column, and erase to the end of the line (ECMA-48 EL). */
const ERASE = '\r\x1b[K';

/** What is drawn anew in place; nothing where it is no terminal. */
class StandingLine {
  readonly #live: boolean;
  #line = '';

  constructor(
    private readonly stream: NodeJS.WriteStream,
    env: Environment,
  ) {
    this.#live = stream.isTTY === true && env.TERM !== 'dumb';
  }

  replace(line: string): void {
    if (!this.#live || line === this.#line) return;
    this.erase();
    this.#line = line;
    this.draw();
  }

  erase(): void {
    if (this.#line !== '') this.stream.write(ERASE);
  }

  /** In the last column a terminal would wrap. */
  draw(): void {
    if (this.#line !== '') this.stream.write(cut(this.#line, (this.stream.columns || 80) - 1));
  }
}

/** A stream that failed takes no more. */
const taken = (stream: NodeJS.WriteStream): Promise<void> | undefined =>
  stream.writableLength === 0 || stream.destroyed
    ? undefined
    : new Promise((resolve) => {
        stream.once('close', resolve);
        stream.write('', () => resolve());
      });

const unwritable = (cause: NodeJS.ErrnoException): ClientError =>
  new ClientError(
    'output',
    `standard output cannot be written (${cause.code ?? cause.message})`,
    'what was asked may be done all the same',
    { cause },
  );
