import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { UserError } from '../errors.js';
import { failpoint } from '../failpoint.js';
import { BALLAST_BYTES } from '../store/ballast.js';
import type { Batch, Committed, Result } from './commands.js';
import { KEEP_EVENTS } from './housekeeping.js';
import type { Answer, FromWriter, Posted, Task, ToWriter } from './messages.js';

/** The only way to change a run. */
export interface Queue {
  /** Whether the last writer did not close the database: `check` is due when there is time. */
  readonly unclean: boolean;
  /**
   * Answered once it is durable, in the order of `execute`. Rejects for bugs, and when the writer has died.
   * `joins`: another batch follows within a moment, and both are to be one transaction.
   */
  execute(batch: Batch, how?: { joins: boolean }): Promise<Result[]>;
  /** Told after the answers of each commit that changed something; returns how to stop that. */
  onCommit(listener: (committed: Committed) => void): () => void;
  /** Whether notifications are written. */
  configure(settings: { notify: boolean }): void;
  /** Reads the whole database in a thread of its own. Rejects with UserError database_corrupt. */
  check(): Promise<void>;
  /** A copy of one moment to an absolute path, 0600, in place of what was there. Rejects with UserError. */
  backup(path: string): Promise<void>;
  /** Everything handed in is answered first. */
  close(): Promise<void>;
}

export interface QueueOptions {
  /** Exists, belongs to us and is locked (store/lock.ts). */
  stateDir: string;
  /** The writer's bundle, dist/writer.cjs. */
  workerFile: string;
  /** A thread of it that was started without a task. */
  thread?: Worker;
  /** The writer is gone, and with it every promise that was pending: the daemon must end. */
  onFailure: (error: Error) => void;
  clock?: Clock;
  notify?: boolean;
  ballastBytes?: number;
  keepEvents?: number;
}

/** What was to follow did not: no answer waits longer than this for it. */
const PATIENCE_MS = 3;

const YOUNG_MB = 2;

interface Pending {
  resolve: (results: Result[]) => void;
  reject: (error: Error) => void;
}

/** Starts the writer thread. Rejects with the UserErrors of openForWriting. */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  const { stateDir, workerFile, onFailure, clock = systemClock } = options;
  const { notify = false, ballastBytes = BALLAST_BYTES, keepEvents = KEEP_EVENTS } = options;
  const task: Task = { task: 'write', stateDir, notify, ballastBytes, keepEvents };
  const thread = options.thread ?? start(workerFile, task);
  if (options.thread !== undefined) thread.postMessage(task);
  const unclean = await opened(thread);

  const pending = new Map<number, Pending>();
  const listeners = new Set<(committed: Committed) => void>();
  let posted: Posted[] = [];
  let tickets = 0;
  let dead: Error | null = null;
  let closing = false;
  const say = (message: ToWriter): void => thread.postMessage(message);

  /** Commands of one turn of the event loop travel together and are one transaction. */
  let flushing = false;
  let patience: NodeJS.Timeout | null = null;
  const flush = (): void => {
    flushing = false;
    if (patience !== null) clearTimeout(patience);
    patience = null;
    if (posted.length > 0 && dead === null) say({ say: 'batches', posted });
    posted = [];
  };
  const failed = (error: Error): void => {
    if (dead !== null) return;
    dead = error;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
    onFailure(error);
  };
  const settle = (answer: Answer): void => {
    const caller = pending.get(answer.ticket);
    pending.delete(answer.ticket);
    if ('results' in answer) caller?.resolve(answer.results);
    else caller?.reject(Object.assign(new Error(answer.bug.message), { stack: answer.bug.stack }));
  };
  thread.on('message', (message: FromWriter) => {
    if (message.say === 'answers') {
      failpoint('beforeAnswer');
      for (const answer of message.answers) settle(answer);
    }
    if (message.say === 'committed') for (const listener of [...listeners]) listener(message.committed);
  });
  thread.on('error', failed);
  const exited = (code: number): void => failed(new Error(`the writer ended with ${code}`));
  thread.on('exit', exited);

  return {
    unclean,
    execute(batch, { joins } = { joins: false }) {
      if (dead !== null) return Promise.reject(dead);
      if (closing) return Promise.reject(new Error('the queue is closed'));
      const ticket = ++tickets;
      posted.push({ ticket, now: clock.now(), batch });
      if (joins) patience ??= setTimeout(flush, PATIENCE_MS);
      else if (patience !== null) {
        // What was to follow is here. The caller has more to do in this turn, and the writer need not wait for that.
        flush();
      } else if (!flushing) {
        flushing = true;
        setImmediate(flush);
      }
      return new Promise((resolve, reject) => pending.set(ticket, { resolve, reject }));
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    configure: (settings) => say({ say: 'configure', ...settings }),
    check: () => chore(workerFile, { task: 'check', stateDir }),
    backup: (to) => chore(workerFile, { task: 'backup', stateDir, to }),
    async close() {
      if (dead !== null) return;
      flush();
      closing = true;
      const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
      thread.off('exit', exited);
      say({ say: 'close' });
      await ended;
      dead ??= new Error('the queue is closed');
      for (const { reject } of pending.values()) reject(dead);
    },
  };
}

const start = (workerFile: string, task: Task): Worker =>
  new Worker(workerFile, {
    workerData: task,
    name: `expd ${task.task}`,
    execArgv: [],
    // Left alone its young generation grows with a burst, and stays.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });

/** The writer's first word: `unclean`, or why it cannot begin. */
function opened(thread: Worker): Promise<boolean> {
  return new Promise((resolve, reject) => {
    thread.once('error', reject);
    thread.once('message', (message: FromWriter) => {
      thread.off('error', reject);
      if (message.say === 'open') return resolve(message.unclean);
      reject(
        message.say === 'refused'
          ? new UserError(message.error.code, message.error.message, message.error.hint)
          : new Error(`unexpected from the writer: ${message.say}`),
      );
    });
  });
}

/** One long reading in a thread of its own. */
function chore(workerFile: string, task: Task): Promise<void> {
  const thread = start(workerFile, task);
  return new Promise((resolve, reject) => {
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error(`${task.task} ended without a result`)));
    thread.once('message', (message: FromWriter) => {
      if (message.say !== 'refused') return resolve();
      reject(new UserError(message.error.code, message.error.message, message.error.hint));
    });
  });
}
