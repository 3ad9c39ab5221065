import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { type StopReason, strongerStop } from '../run/stop.js';
import { ageMs, isAlive, type ProcessId } from './identity.js';
import { specValue } from './records.js';
import { readSpec } from './sight.js';
import { killAttempt, signalAttempt } from './tree.js';

export interface Lost {
  attemptId: string;
  /** The attempt directory. */
  dir: string;
  main: ProcessId;
  cgroup: string | null;
  /** How long it has been paused, as far as this daemon knows. */
  pausedMs: number;
}

const RETRY_MS = 1000;

/**
 * A main process whose supervisor has died. It is let run to its end, which is seen but whose exit status
 * nobody can know any more. What the shim would do for it, limit and grace, is done from here while we live.
 */
export class LostAttempt {
  #watcher: ChildProcess | null = null;
  #stop: StopReason | null = null;
  readonly #graceMs: number;
  #closed = false;
  readonly #timers = new Set<() => void>();

  constructor(
    private readonly around: { shim: string; clock: Clock; log: Log },
    private readonly lost: Lost,
    private readonly over: (stop: StopReason | null) => void,
  ) {
    const spec = readSpec(lost.dir);
    this.#graceMs = Number(specValue(spec, 'grace_ms')) || 0;
    const limitMs = Number(specValue(spec, 'limit_ms')) || 0; // 0 and none: no limit
    this.#watch();
    if (limitMs > 0) {
      const left = Math.max(0, limitMs + lost.pausedMs - ageMs(lost.main));
      this.#after(left, () => this.stop('timeout'));
    }
  }

  /** SIGTERM, and SIGKILL after the grace. A second stop never moves the deadline. */
  stop(reason: StopReason): void {
    const first = this.#stop === null;
    this.#stop = this.#stop === null ? reason : strongerStop(this.#stop, reason);
    if (!first || this.#closed) return;
    this.#after(this.#graceMs, () => this.#kill());
    this.#signal('SIGTERM');
    this.#signal('SIGCONT'); // a paused process could not act on it
  }

  pause(paused: boolean): void {
    if (!paused) this.#signal('SIGCONT');
    else if (this.#stop === null) this.#signal('SIGSTOP');
  }

  close(): void {
    this.#closed = true;
    for (const forget of this.#timers) forget();
    this.#watcher?.kill();
  }

  /** The watcher ends with the process (pidfd, poll); what its own end means, the process's identity says. */
  #watch(): void {
    if (this.#closed) return;
    const { pid, start } = this.lost.main;
    const watcher = spawn(this.around.shim, ['watch', `${pid}`, `${start}`], { env: {}, stdio: 'ignore' });
    this.#watcher = watcher;
    watcher.once('error', (cause) => this.#retry('watch', cause, () => this.#watch()));
    watcher.once('exit', () => {
      if (this.#closed) return;
      if (isAlive(this.lost.main)) this.#retry('watch', null, () => this.#watch());
      else this.#finish();
    });
  }

  #finish(): void {
    const { attemptId, cgroup } = this.lost;
    killAttempt(this.around.shim, attemptId, cgroup).then(
      () => {
        if (this.#closed) return;
        this.close();
        this.over(this.#stop);
      },
      (cause) => this.#retry('sweep', cause, () => this.#finish()),
    );
  }

  #signal(signal: 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void {
    signalAttempt(this.around.shim, this.lost.attemptId, signal).catch((cause) =>
      this.#retry(signal, cause, () => this.#signal(signal)),
    );
  }

  #kill(): void {
    const { attemptId, cgroup } = this.lost;
    killAttempt(this.around.shim, attemptId, cgroup).catch((cause) =>
      this.#retry('SIGKILL', cause, () => this.#kill()),
    );
  }

  #retry(what: string, cause: unknown, again: () => void): void {
    if (this.#closed) return;
    this.around.log.warn({ event: 'lost_attempt_retry', attemptId: this.lost.attemptId, what, err: cause });
    this.#after(RETRY_MS, again);
  }

  #after(ms: number, act: () => void): void {
    const { clock } = this.around;
    const forget = clock.at(clock.now() + ms, () => {
      this.#timers.delete(forget);
      act();
    });
    this.#timers.add(forget);
  }
}
