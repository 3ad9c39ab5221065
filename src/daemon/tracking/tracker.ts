import { Worker } from 'node:worker_threads';
import type { Log } from '../log.js';
import type { ToldLine } from '../metrics/metrics-line.js';
import type { CurveBatch, CurveQuery } from './curve-reading.js';
import type { TailProgress, TrackedAttempt } from './metrics-tail.js';
import {
  decideTurn,
  type FromTracker,
  type GoOn,
  newTurn,
  type Over,
  type ToTracker,
} from './tracker-messages.js';

export interface TrackerPorts {
  /** The bundle of tracker-thread.ts. */
  workerFile: string;
  log: Log;
  /** How runs stand, a few times a second while something comes. */
  progress(progress: TailProgress[]): void;
  /** At least once for each line, in order; again after the daemon was killed. */
  told(attempt: TrackedAttempt, line: ToldLine): void;
}

/** Curves being read: a batch at a time, no further than is asked for. */
export interface OpenReading {
  next(): Promise<CurveBatch>;
  close(): void;
}

/**
 * `later`: null where all that an attempt logged is taken over. Else the disk was full, and it tells when the rest is taken
 * or never will be: true where nothing has begun in its place since. It stays open when the daemon ends before.
 */
export interface Finished {
  later: Promise<boolean> | null;
}

/** After a thread that died comes another: at once soon, and ever more rarely while none says anything. */
const RESTART_MS = 1000;
const RESTART_MAX_MS = 60_000;
/** Nobody waits longer for a thread that does not listen: some disk holds it up. */
const PATIENCE_MS = 5000;

/**
 * What runs log, followed in a thread that is started with the first of them. A thread that dies is followed by another:
 * how far it came stands in the event files.
 */
export class Tracker {
  #thread: Worker | null = null;
  #closing = false;
  /** The last thread has died, and the next is due. */
  #pause: NodeJS.Timeout | null = null;
  /** Threads in a row that died without a word. */
  #failures = 0;
  readonly #active = new Map<string, TrackedAttempt>();
  readonly #finishing = new Map<string, ((finished: Finished) => void)[]>();
  readonly #late = new Map<string, { attempt: TrackedAttempt; settle(last: boolean): void }>();
  readonly #waiting = new Map<number, (warning: string | null) => void>();
  readonly #readings = new Map<number, (batch: CurveBatch | Error) => void>();
  readonly #listeners = new Set<(root: string) => void>();
  #tickets = 0;

  constructor(private readonly ports: TrackerPorts) {}

  track(attempt: TrackedAttempt): void {
    if (this.#closing || this.#active.has(attempt.attemptId)) return;
    this.#active.set(attempt.attemptId, attempt);
    this.#say({ say: 'track', attempt });
  }

  /** The attempt has ended, all its processes are gone. Resolves when what it logged is taken over, as far as can be. */
  finish(attempt: TrackedAttempt): Promise<Finished> {
    this.track(attempt);
    const { attemptId } = attempt;
    return new Promise((resolve) => {
      if (this.#closing) return resolve({ later: null });
      this.#finishing.set(attemptId, [...(this.#finishing.get(attemptId) ?? []), resolve]);
      this.#say({ say: 'finish', attemptId });
    });
  }

  /** The run is over: resolves when all that it logged is taken over. */
  async drain(runId: number): Promise<void> {
    const attempts = [...this.#active.values()].filter((attempt) => attempt.runId === runId);
    await Promise.all(attempts.map((attempt) => this.finish(attempt)));
  }

  /**
   * An attempt is about to start in this place. Resolves with what is wrong with the curve all the same. What is on its
   * way there is awaited, a thread that is gone or hangs is not.
   */
  async goOn(where: GoOn): Promise<string | null> {
    const turn = newTurn();
    let impatience: NodeJS.Timeout | undefined;
    const passed = new Promise<string>((resolve) => {
      impatience = setTimeout(() => decideTurn(turn, 'passed') && resolve(HANGS), PATIENCE_MS);
    });
    try {
      return await Promise.race([this.#ask((ticket) => ({ say: 'goOn', ticket, where, turn })), passed]);
    } finally {
      clearTimeout(impatience);
    }
  }

  /** A run is over for good. */
  over(over: Over): Promise<string | null> {
    return this.#ask((ticket) => ({ say: 'over', ticket, over }));
  }

  read(root: string, query: CurveQuery): OpenReading {
    const reading = ++this.#tickets;
    this.#say({ say: 'read', reading, root, query });
    return {
      next: () =>
        new Promise((resolve, reject) => {
          if (this.#thread === null) return reject(new Error('the metrics are not to be read'));
          this.#readings.set(reading, (batch) => (batch instanceof Error ? reject(batch) : resolve(batch)));
          this.#say({ say: 'next', reading });
        }),
      close: () => {
        this.#readings.delete(reading);
        if (this.#thread !== null) this.#say({ say: 'drop', reading });
      },
    };
  }

  /** Told of a place that somebody reads, when there is more. */
  onNews(listener: (root: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Attempts go on; the next daemon goes on with them. */
  async close(): Promise<void> {
    this.#closing = true;
    const thread = this.#thread;
    if (thread === null) return;
    await new Promise<void>((resolve) => {
      const impatience = setTimeout(resolve, PATIENCE_MS);
      thread.once('exit', () => {
        clearTimeout(impatience);
        resolve();
      });
      thread.postMessage({ say: 'close' } satisfies ToTracker);
    });
    this.#settleAll(new Error('the daemon ends'));
  }

  #ask(message: (ticket: number) => ToTracker): Promise<string | null> {
    return new Promise((resolve) => {
      if (this.#closing) return resolve(null);
      if (this.#pause !== null) return resolve(GONE);
      const ticket = ++this.#tickets;
      this.#waiting.set(ticket, resolve);
      this.#say(message(ticket));
    });
  }

  /** Between two threads nothing is said: the next one is told of every attempt. */
  #say(message: ToTracker): void {
    if (this.#pause !== null) return;
    this.#thread ??= this.#start();
    this.#thread.postMessage(message);
  }

  #start(): Worker {
    const thread = new Worker(this.ports.workerFile, {
      name: 'expd metrics',
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    thread.on('message', (message: FromTracker) => this.#hear(message));
    thread.on('error', (err) => this.ports.log.error({ event: 'tracker_failed', err }));
    thread.once('exit', () => {
      this.#thread = null;
      if (!this.#closing) this.#lost();
    });
    thread.unref();
    return thread;
  }

  /** The thread is gone: what it was doing is done again by another. */
  #lost(): void {
    this.#pause = setTimeout(
      () => {
        this.#pause = null;
        if (this.#closing) return;
        const late = [...this.#late.values()].map(({ attempt }) => attempt);
        for (const attempt of [...late, ...this.#active.values()]) this.#say({ say: 'track', attempt });
        for (const { attemptId } of late) this.#say({ say: 'finish', attemptId });
        for (const attemptId of this.#finishing.keys()) this.#say({ say: 'finish', attemptId });
      },
      Math.min(RESTART_MS * 2 ** this.#failures++, RESTART_MAX_MS),
    );
    this.#pause.unref();
    this.#settleAll(new Error(GONE));
  }

  #settleAll(cause: Error): void {
    for (const settle of this.#waiting.values()) settle(cause.message);
    this.#waiting.clear();
    for (const settle of this.#readings.values()) settle(cause);
    this.#readings.clear();
    if (!this.#closing) return;
    for (const settle of [...this.#finishing.values()].flat()) settle({ later: null });
    this.#finishing.clear();
  }

  #hear(message: FromTracker): void {
    const { ports } = this;
    this.#failures = 0;
    switch (message.say) {
      case 'progress':
        ports.progress(message.progress);
        break;
      case 'told': {
        const attempt = this.#active.get(message.attemptId);
        if (attempt !== undefined) ports.told(attempt, message.line);
        break;
      }
      case 'finished':
        this.#finished(message.attemptId, message.left);
        break;
      case 'settled':
        this.#late.get(message.attemptId)?.settle(message.last);
        this.#late.delete(message.attemptId);
        break;
      case 'done':
        this.#waiting.get(message.ticket)?.(message.warning);
        this.#waiting.delete(message.ticket);
        break;
      case 'batch':
        this.#readings.get(message.reading)?.(message.batch);
        this.#readings.delete(message.reading);
        break;
      case 'news':
        for (const listener of [...this.#listeners]) listener(message.root);
        break;
      case 'lost':
        ports.log.error({ event: 'attempt_not_tracked', attemptId: message.attemptId, stack: message.stack });
        break;
      case 'closed':
        break;
      default:
        message satisfies never;
    }
  }

  #finished(attemptId: string, left: boolean): void {
    const attempt = this.#active.get(attemptId);
    this.#active.delete(attemptId);
    let later: Promise<boolean> | null = null;
    if (!left)
      this.#late.get(attemptId)?.settle(true); // by a thread that came after the one that had left it
    else if (attempt !== undefined)
      later = new Promise((settle) => {
        this.#late.set(attemptId, { attempt, settle });
      });
    if (!left) this.#late.delete(attemptId);
    for (const settle of this.#finishing.get(attemptId) ?? []) settle({ later });
    this.#finishing.delete(attemptId);
  }
}

const GONE = 'the metrics thread has failed: what was superseded may still be shown';
const HANGS = 'the metrics thread does not answer: what was superseded may still be shown';
