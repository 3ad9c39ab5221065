import { type ChildProcess, fork } from 'node:child_process';
import { UserError } from '../errors.js';
import type { Asks, Kind, Question, Reply } from './asks.js';

/** Megabytes of heap: a hostile configuration ends its process, not the machine. */
const HEAP_MB = 512;
/** A question that takes longer is given up, and the process with it. */
const WITHIN_MS = 60_000;
/** Without a question for so long the process is ended. */
const IDLE_MS = 60_000;
const MOST_WAITING = 1000;

/** Answers questions about configurations in a process of its own, which exists while it is needed. */
export class Composer {
  #process: ChildProcess | null = null;
  #idle: NodeJS.Timeout | null = null;
  #next = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** `file`: the bundle of process.ts. */
  constructor(private readonly file: string) {}

  /** UserError for what a configuration does wrong, or is too much for the process. */
  async ask<K extends Kind>(kind: K, ask: Asks[K]['ask']): Promise<Asks[K]['answer']> {
    if (this.#waiting.size >= MOST_WAITING)
      throw new UserError('not_available', 'too many configurations are being composed', 'try again later');
    const question: Question<K> = { id: this.#next++, kind, ask };
    const reply = await new Promise<Reply>((resolve) => {
      const { id } = question;
      const timer = setTimeout(() => this.#end(`it took longer than ${WITHIN_MS / 1000} s`), WITHIN_MS);
      this.#waiting.set(id, { resolve, timer: timer.unref() });
      this.#running().send(question, (error) => {
        if (error) this.#settle({ id, lost: error.message });
      });
    });
    if ('wrong' in reply) throw new UserError('config_invalid', reply.wrong.message, reply.wrong.hint);
    if ('lost' in reply)
      throw new UserError('not_available', `the configuration was not composed: ${reply.lost}`);
    if ('bug' in reply) throw new Error(`composing failed: ${reply.bug}`);
    // The process answers a question of a kind with an answer of that kind.
    return reply.answer as Asks[K]['answer'];
  }

  close(): void {
    this.#end('the daemon stops');
  }

  #running(): ChildProcess {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    if (this.#process !== null) return this.#process;
    const child = fork(this.file, {
      env: {},
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (reply: Reply) => this.#settle(reply));
    child.on('exit', (code, signal) => this.#ended(child, `its process ended with ${signal ?? code}`));
    child.on('error', (error) => this.#ended(child, error.message));
    child.unref();
    child.channel?.unref();
    this.#process = child;
    return child;
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    waiting.resolve(reply);
    if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.#end('it idles'), IDLE_MS).unref();
  }

  #end(why: string): void {
    const child = this.#process;
    if (child === null) return;
    child.kill('SIGKILL');
    this.#ended(child, why);
  }

  #ended(child: ChildProcess, why: string): void {
    if (this.#process !== child) return;
    this.#process = null;
    for (const id of [...this.#waiting.keys()]) this.#settle({ id, lost: why });
  }
}

interface Waiting {
  resolve(reply: Reply): void;
  timer: NodeJS.Timeout;
}
