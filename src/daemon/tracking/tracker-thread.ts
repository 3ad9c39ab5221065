import { type MessagePort, parentPort } from 'node:worker_threads';
import { goOn, writeEnd } from './curve-end.js';
import { CurveReading } from './curve-reading.js';
import { Late } from './late.js';
import { MetricsTail, type TrackedAttempt } from './metrics-tail.js';
import { Pulse } from './pulse.js';
import { decideTurn, type FromTracker, type ToTracker } from './tracker-messages.js';

// A thread of its own: whatever runs make of their files, the daemon goes on answering.

/** How often it is told how runs stand. */
const PROGRESS_MS = 500;
/** Event files of scripts are looked at each second: most writers flush once in minutes. */
const PROGRESSES_A_POLL = 2;

interface Followed {
  tail: MetricsTail;
  pulse: Pulse;
  /** A turn is due that was put off for others. */
  due: boolean;
}

class Tracking {
  readonly #followed = new Map<string, Followed>();
  readonly #readings = new Map<number, { root: string; reading: CurveReading }>();
  readonly #late = new Late({
    settled: (tail, last) => {
      this.#tellTaken(tail);
      this.#say({ say: 'settled', attemptId: tail.of.attemptId, last });
    },
    guarded: (attemptId, what) => this.#guarded(attemptId, what),
  });
  #timer: NodeJS.Timeout | null = null;
  #ticks = 0;

  constructor(private readonly port: MessagePort) {}

  async hear(message: ToTracker): Promise<void> {
    switch (message.say) {
      case 'track':
        this.#track(message.attempt);
        break;
      case 'finish': {
        const { attemptId } = message;
        this.#say({ say: 'finished', attemptId, left: !this.#finish(attemptId) });
        break;
      }
      case 'goOn':
        if (!decideTurn(message.turn, 'taken')) break;
        this.#finishThoseIn(message.where.root);
        await this.#attempting(message.ticket, () => goOn(message.where));
        break;
      case 'over':
        await this.#attempting(message.ticket, async () => {
          writeEnd(message.over);
          return null;
        });
        break;
      case 'read':
        this.#readings.set(message.reading, {
          root: message.root,
          reading: new CurveReading(message.root, message.query),
        });
        break;
      case 'next':
        await this.#next(message.reading);
        break;
      case 'drop':
        this.#readings.delete(message.reading);
        break;
      case 'close':
        for (const [attemptId, { tail }] of [...this.#followed]) {
          tail.close();
          this.#leave(attemptId);
        }
        this.#late.close();
        this.#say({ say: 'closed' });
        this.port.close();
        break;
      default:
        message satisfies never;
    }
  }

  #track(attempt: TrackedAttempt): void {
    const { attemptId, root, metricsFile } = attempt;
    if (this.#followed.has(attemptId)) return;
    // One writer at a time: the attempt before has no process left, and one that never ran may be told of late.
    if (this.#writerIn(root, attempt)) return;
    this.#finishThoseIn(root);
    this.#guarded(attemptId, () => {
      const tail = new MetricsTail(attempt, {
        told: (_, line) => this.#say({ say: 'told', attemptId, line }),
      });
      const pulse = new Pulse(metricsFile, () => this.#turn(attemptId));
      this.#followed.set(attemptId, { tail, pulse, due: false });
      this.#turn(attemptId);
    });
    this.#timer ??= setInterval(() => this.#tick(), PROGRESS_MS);
  }

  /** Whether something had come. */
  #turn(attemptId: string): boolean {
    const followed = this.#followed.get(attemptId);
    if (followed === undefined) return false;
    let came = false;
    this.#guarded(attemptId, () => {
      const turn = followed.tail.turn();
      came = turn.came;
      if (came) this.#tellReaders(followed.tail.of.root);
      if (!turn.more || followed.due) return;
      followed.due = true;
      setImmediate(() => {
        followed.due = false;
        this.#turn(attemptId);
      });
    });
    return came;
  }

  #tick(): void {
    if (++this.#ticks % PROGRESSES_A_POLL === 0)
      for (const [attemptId, { tail }] of [...this.#followed])
        this.#guarded(attemptId, () => {
          if (tail.pollForeign()) this.#tellReaders(tail.of.root);
          tail.turn(); // where the disk took nothing
        });
    this.#tellProgress([...this.#followed.values()].map(({ tail }) => tail));
  }

  #tellProgress(tails: readonly MetricsTail[]): void {
    const progress = tails.map((tail) => tail.progress()).filter((one) => one !== null);
    if (progress.length > 0) this.#say({ say: 'progress', progress });
  }

  #writerIn(root: string, { runId, attempt }: TrackedAttempt): boolean {
    return [...this.#followed.values()].some(
      ({ tail: { of } }) => of.root === root && of.runId === runId && of.attempt > attempt,
    );
  }

  #finishThoseIn(root: string): void {
    for (const [attemptId, { tail }] of [...this.#followed])
      if (tail.of.root === root) this.#finish(attemptId);
    this.#late.endThoseIn(root);
  }

  /** Whether all of it is taken, or never will be. */
  #finish(attemptId: string): boolean {
    const followed = this.#followed.get(attemptId);
    if (followed === undefined) return true;
    const { tail } = followed;
    let over = true;
    this.#guarded(attemptId, () => {
      over = tail.finish();
    });
    this.#tellTaken(tail);
    this.#leave(attemptId);
    if (!over) this.#late.put(tail);
    return over;
  }

  #tellTaken(tail: MetricsTail): void {
    this.#tellProgress([tail]);
    this.#tellReaders(tail.of.root);
  }

  #leave(attemptId: string): void {
    this.#followed.get(attemptId)?.pulse.close();
    this.#followed.delete(attemptId);
    if (this.#followed.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  async #next(reading: number): Promise<void> {
    const batch = await this.#readings.get(reading)?.reading.next();
    if (batch !== undefined) this.#say({ say: 'batch', reading, batch });
  }

  #tellReaders(root: string): void {
    for (const reading of this.#readings.values())
      if (reading.root === root) {
        this.#say({ say: 'news', root });
        return;
      }
  }

  async #attempting(ticket: number, what: () => Promise<string | null>): Promise<void> {
    let warning: string | null = null;
    try {
      warning = await what();
    } catch (cause) {
      warning = `the curve cannot be written: ${cause instanceof Error ? cause.message : cause}`;
    }
    this.#say({ say: 'done', ticket, warning });
  }

  /** A bug met with one run's files costs that run's curve, not those of others. */
  #guarded(attemptId: string, what: () => void): void {
    try {
      what();
    } catch (cause) {
      const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      this.#say({ say: 'lost', attemptId, stack });
      this.#leave(attemptId);
    }
  }

  #say(message: FromTracker): void {
    this.port.postMessage(message);
  }
}

if (parentPort !== null) {
  const tracking = new Tracking(parentPort);
  // Messages take effect in their order; only readings and markers wait, for themselves alone.
  parentPort.on('message', (message: ToTracker) => void tracking.hear(message));
}
