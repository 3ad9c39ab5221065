import { type ChildProcess, fork } from 'node:child_process';
import type { Asks, Kind, Question, Reply } from './asks.js';

/** Asks the inspecting process; rejects with what the system said, or when the process was lost. */
export type Inspect = <K extends Kind>(kind: K, ask: Asks[K]['ask']) => Promise<Asks[K]['answer']>;

/** After a reboot many runs resume at once, and the disk is theirs: so many processes, as long as they answer. */
const AT_A_TIME = 2;
/** One that has read for so long does not count as one of them: it may hang on a disk that others do not need. */
const LATE_MS = 10_000;
const MOST = 16;
/** Without a question for so long a process is ended. */
const IDLE_MS = 30_000;

/** Looks at checkpoints in processes of their own, which exist while they are needed. One question each at a time. */
export class Inspector {
  readonly #crew: Member[] = [];
  readonly #waiting: { question: Question; answer: (reply: Reply) => void }[] = [];
  #next = 0;

  #again: NodeJS.Timeout | null = null;

  /** `file`: the bundle of process.ts. */
  constructor(private readonly file: string) {}

  inspect: Inspect = async <K extends Kind>(kind: K, ask: Asks[K]['ask']): Promise<Asks[K]['answer']> => {
    const question = { id: this.#next++, kind, ask };
    const reply = await new Promise<Reply>((answer) => {
      this.#waiting.push({ question, answer });
      this.#turn();
    });
    if ('failed' in reply) throw asError(reply.failed);
    // The process answers a question of a kind with an answer of that kind.
    return reply.answer as Asks[K]['answer'];
  };

  close(): void {
    if (this.#again !== null) clearTimeout(this.#again);
    for (const member of this.#crew) member.end('the daemon stops');
  }

  #turn(): void {
    if (this.#waiting.length === 0) return;
    const member = this.#crew.find(({ busy }) => !busy) ?? this.#another();
    if (member === null) {
      this.#again ??= setTimeout(() => {
        this.#again = null;
        this.#turn();
      }, LATE_MS).unref();
      return;
    }
    const next = this.#waiting.shift()!;
    member.ask(next.question, (reply) => {
      next.answer(reply);
      this.#turn();
    });
  }

  /** null: there are enough. */
  #another(): Member | null {
    const now = performance.now();
    const answering = this.#crew.filter(({ since }) => since === null || now - since < LATE_MS).length;
    if (answering >= AT_A_TIME || this.#crew.length >= MOST) return null;
    const member = new Member(this.file);
    this.#crew.push(member);
    return member;
  }
}

/** As the process met it. */
const asError = ({ message, code, path }: Extract<Reply, { failed: unknown }>['failed']): Error =>
  Object.assign(new Error(message), { ...(code !== null && { code }), ...(path !== null && { path }) });

/** One process, started with its first question. */
class Member {
  #process: ChildProcess | null = null;
  #asked: { id: number; answer: (reply: Reply) => void } | null = null;
  #idle: NodeJS.Timeout | null = null;

  constructor(private readonly file: string) {}

  /** When it was asked what it has not answered yet, by the monotonic clock; null: nothing. */
  since: number | null = null;

  get busy(): boolean {
    return this.#asked !== null;
  }

  ask(question: Question, answer: (reply: Reply) => void): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#asked = { id: question.id, answer };
    this.since = performance.now();
    const child = this.#process ?? this.#start();
    child.send(question, (error) => {
      if (error) this.#lost(child, error.message);
    });
  }

  end(why: string): void {
    const child = this.#process;
    if (child === null) return;
    child.kill('SIGKILL');
    this.#lost(child, why);
  }

  #start(): ChildProcess {
    const child = fork(this.file, {
      env: {},
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (reply: Reply) => this.#answered(reply));
    child.on('exit', (code, signal) => this.#lost(child, `its process ended with ${signal ?? code}`));
    child.on('error', (error) => this.#lost(child, error.message));
    child.unref();
    child.channel?.unref();
    this.#process = child;
    return child;
  }

  #answered(reply: Reply): void {
    const asked = this.#asked;
    if (asked === null || asked.id !== reply.id) return;
    this.#asked = null;
    this.since = null;
    this.#idle = setTimeout(() => this.end('it idles'), IDLE_MS).unref();
    asked.answer(reply);
  }

  #lost(child: ChildProcess, why: string): void {
    if (this.#process !== child) return;
    this.#process = null;
    const asked = this.#asked;
    if (asked !== null)
      this.#answered({
        id: asked.id,
        failed: { message: `checkpoints cannot be looked at: ${why}`, code: null, path: null },
      });
  }
}
