import { Worker } from 'node:worker_threads';
import type { Log } from '../log.js';
import type { CurveBatch, CurveQuery } from './curve-reading.js';
import type { ToldLine } from './metrics-line.js';
import type { TailProgress, TrackedAttempt } from './metrics-tail.js';
import type { FromTracker, GoOn, Over, ToTracker } from './tracker-messages.js';

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

const RESTART_MS = 1000;

/**
 * What runs log, followed in a thread that is started with the first of them. A thread that dies is followed by another:
 * how far it came stands in the event files.
 */
export class Tracker {
  #thread: Worker | null = null;
  #closing = false;
  readonly #active = new Map<string, TrackedAttempt>();
  readonly #finishing = new Map<string, (() => void)[]>();
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

  /** The attempt has ended, all its processes are gone. Resolves when all that it logged is taken over. */
  finish(attempt: TrackedAttempt): Promise<void> {
    this.track(attempt);
    const { attemptId } = attempt;
    return new Promise((resolve) => {
      if (this.#closing) return resolve();
      this.#finishing.set(attemptId, [...(this.#finishing.get(attemptId) ?? []), resolve]);
      this.#say({ say: 'finish', attemptId });
    });
  }

  /** The run is over: resolves when all that it logged is taken over. */
  async drain(runId: number): Promise<void> {
    const attempts = [...this.#active.values()].filter((attempt) => attempt.runId === runId);
    await Promise.all(attempts.map((attempt) => this.finish(attempt)));
  }

  /** An attempt is about to start in this place. Resolves with what is wrong with the curve all the same. */
  goOn(where: GoOn): Promise<string | null> {
    return this.#ask((ticket) => ({ say: 'goOn', ticket, where }));
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
      thread.once('exit', () => resolve());
      thread.postMessage({ say: 'close' } satisfies ToTracker);
    });
    this.#settleAll(new Error('the daemon ends'));
  }

  #ask(message: (ticket: number) => ToTracker): Promise<string | null> {
    return new Promise((resolve) => {
      if (this.#closing) return resolve(null);
      const ticket = ++this.#tickets;
      this.#waiting.set(ticket, resolve);
      this.#say(message(ticket));
    });
  }

  #say(message: ToTracker): void {
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
    this.#settleAll(new Error('the metrics thread failed'));
    setTimeout(() => {
      if (this.#closing) return;
      for (const attempt of this.#active.values()) this.#say({ say: 'track', attempt });
      for (const attemptId of this.#finishing.keys()) this.#say({ say: 'finish', attemptId });
    }, RESTART_MS).unref();
  }

  #settleAll(cause: Error): void {
    for (const settle of this.#waiting.values()) settle(cause.message);
    this.#waiting.clear();
    for (const settle of this.#readings.values()) settle(cause);
    this.#readings.clear();
    if (!this.#closing) return;
    for (const settle of [...this.#finishing.values()].flat()) settle();
    this.#finishing.clear();
  }

  #hear(message: FromTracker): void {
    const { ports } = this;
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
        this.#active.delete(message.attemptId);
        for (const settle of this.#finishing.get(message.attemptId) ?? []) settle();
        this.#finishing.delete(message.attemptId);
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
}
