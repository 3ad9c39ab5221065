import { close } from 'node:fs';
import type { Clock } from '../clock.js';
import { failpoint } from '../failpoint.js';
import type { Log } from '../log.js';
import type { Ending } from '../run/outcome.js';
import { type StopReason, strongerStop } from '../run/stop.js';
import { Commands } from './ctl.js';
import type { Fact, Unsettled } from './executor.js';
import { isAlive, type ProcessId } from './identity.js';
import { type Claim, lookAtClaim, onRelease } from './liveness.js';
import { Lookout } from './lookout.js';
import { LostAttempt } from './lost.js';
import { Pauses } from './pauses.js';
import { reconcile, type Verdict } from './reconcile.js';
import { watchRecords } from './record-watch.js';
import type { Started } from './records.js';
import { readExit, readRecords, readStuck, takeClaim } from './sight.js';
import { killAttempt } from './tree.js';

/** What all attempts of a daemon share. */
export interface Surroundings {
  /** The shim's program. */
  shim: string;
  bootId: string;
  clock: Clock;
  log: Log;
  fact(fact: Fact): void;
}

type Phase =
  /** Not handed to the launcher. */
  | { is: 'prepared' }
  /** It may have a shim or not: its claim tells. */
  | { is: 'sought' }
  | { is: 'alive'; unwatch: () => void }
  /** Its supervisor is dead, its main process is not. */
  | { is: 'lost'; lost: LostAttempt }
  /** Left-over processes are being ended, or the end has been told. */
  | { is: 'over' };

type Ended = Extract<Verdict, { is: 'ended' }>;
type Records = ReturnType<typeof readRecords>;

const RETRY_MS = 1000;

/** One attempt, from its launch or adoption until its end has been told. Holds no rules: reconcile.ts has them. */
export class Attempt {
  #phase: Phase = { is: 'prepared' };
  #stop: StopReason | null;
  #paused: boolean;
  readonly #pauses = new Pauses();
  /** The main process and its cgroup, also when their record is gone. */
  #known: ProcessId | null;
  #cgroup: string | null;
  /** Why the launcher could not start it, once it said so. */
  #launchFailure: string | null = null;
  #startTold: boolean;
  #stuckTold = false;
  #lookedAgain = false;
  readonly #commands: Commands;
  readonly #lookout: Lookout;
  #closed = false;

  /** `origin.recovered`: another daemon launched it. */
  constructor(
    private readonly around: Surroundings,
    private readonly dir: string,
    private readonly origin: Unsettled & { recovered: boolean },
  ) {
    this.#stop = origin.stop;
    this.#paused = origin.paused;
    this.#pauses.set(origin.paused);
    this.#known = origin.main;
    this.#startTold = origin.main !== null;
    this.#cgroup = origin.cgroup;
    this.#lookout = new Lookout(
      around.clock,
      () => this.#look(),
      (err, retryMs) => this.#warn('attempt_look_failed', { retryMs, err }),
    );
    this.#commands = new Commands(
      dir,
      () => this.#phase.is === 'alive' && !this.#closed,
      (command, err) => {
        this.#warn('command_not_sent', { command, err });
        return new Promise((resolve) => this.#later(resolve));
      },
    );
  }

  /** May it be handed to the launcher? A stop that came first withdraws it: nothing was executed. */
  launched(): boolean {
    if (this.#phase.is !== 'prepared') return false;
    this.#phase = { is: 'sought' };
    if (this.#stop !== null) this.#end(NEVER_STARTED);
    return this.#stop === null;
  }

  recovered(): void {
    this.#phase = { is: 'sought' };
    this.look();
  }

  /** The launcher cannot do more for it. */
  launchFailed(cause: string): void {
    this.#launchFailure = cause;
    this.look();
  }

  stop(reason: StopReason): void {
    this.#stop = this.#stop === null ? reason : strongerStop(this.#stop, reason);
    if (this.#phase.is === 'lost') this.#phase.lost.stop(reason);
    else this.#commands.send({ stop: reason });
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#pauses.set(paused);
    if (this.#phase.is === 'lost') this.#phase.lost.pause(paused);
    else this.#commands.send(paused ? 'pause' : 'continue');
  }

  close(): void {
    this.#closed = true;
    this.#lookout.close();
    if (this.#phase.is === 'alive') this.#phase.unwatch();
    if (this.#phase.is === 'lost') this.#phase.lost.close();
  }

  /** Something happened that may have to do with it: finds out how it stands. */
  look(): void {
    this.#lookout.ask();
  }

  async #look(): Promise<void> {
    if (this.#phase.is === 'sought') await this.#seen(await lookAtClaim(this.dir));
  }

  async #seen(claim: Claim): Promise<void> {
    let adopted = false;
    try {
      if (this.#closed) return;
      failpoint('reconcile');
      const records = this.#records();
      // A shim that came between the two looks: now its claim is there too, if nobody took it away.
      if (claim.is === 'absent' && !this.#lookedAgain && records.started !== 'absent') {
        this.#lookedAgain = true;
        this.look();
        return;
      }
      const verdict = this.#reconcile(claim.is, records);
      adopted = verdict.is === 'alive' && claim.is === 'held';
      if (verdict.is === 'alive' && claim.is === 'held') this.#adopt(claim.fd);
      if (verdict.is === 'lost') this.#supervisorLost(verdict.main);
      if (verdict.is === 'ended') this.#end(verdict);
      if (verdict.is === 'unclaimed') {
        if (!(await takeClaim(this.dir))) this.look();
        else {
          failpoint('afterTakingClaim');
          this.#end(NEVER_STARTED);
        }
      }
    } finally {
      if (claim.is === 'held' && !adopted) close(claim.fd, () => {});
    }
  }

  /** `records`: read after the look at the claim. */
  #reconcile(claim: Claim['is'], records: Records): Verdict {
    const { bootId } = this.origin;
    const boots = { attempt: bootId, now: this.around.bootId };
    // A run may be over before anybody looked: that it began is told all the same, and before its end.
    if (typeof records.started !== 'string') this.#start(records.started);
    return reconcile({ claim, ...records, boots, known: this.#known }, isAlive);
  }

  /** Of a run that is known to have started, its exit says everything. */
  #records(): Records {
    const { attemptId } = this.origin;
    const exit = this.#startTold ? readExit(this.dir, attemptId) : 'absent';
    return typeof exit === 'string'
      ? readRecords(this.dir, attemptId)
      : { exit, main: 'absent', started: 'absent' };
  }

  #adopt(fd: number): void {
    const forgetClaim = onRelease(fd, () => this.#released());
    const forgetRecords = watchRecords(
      this.dir,
      (file) => this.#recordChanged(file),
      (cause) => this.#warn('no_record_watch', { err: cause }),
    );
    const unwatch = (): void => {
      forgetClaim();
      forgetRecords();
    };
    this.#phase = { is: 'alive', unwatch };
    this.#recordChanged('started'); // it may have come between the look and the watch
    if (this.origin.recovered) this.#recordChanged('stuck');
    // What was asked for before there was a shim, or by a daemon that may have died over telling it.
    if (this.#stop !== null) this.#commands.send({ stop: this.#stop });
    else if (this.#paused) this.#commands.send('pause');
    else if (this.origin.recovered) this.#commands.send('continue');
  }

  /** The shim is over: its exit record, if there ever will be one, is there. */
  #released(): void {
    if (this.#phase.is !== 'alive') return;
    this.#phase.unwatch();
    this.#phase = { is: 'sought' };
    try {
      const verdict = this.#reconcile('released', this.#records());
      if (verdict.is === 'ended') this.#end(verdict);
    } catch {} // for want of descriptors, perhaps: looked at again below
    this.look(); // unless it has ended
  }

  #start({ shim, main, cgroup, at }: Started): void {
    if (this.#startTold) return;
    this.#startTold = true;
    this.#known = main;
    this.#cgroup = cgroup;
    const { attemptId } = this.origin;
    const startedAt = at ?? this.around.clock.now();
    this.#fact({ fact: 'started', attemptId, process: { attemptId, shim, main, cgroup, startedAt } });
  }

  #recordChanged(file: string): void {
    if (this.#phase.is !== 'alive') return;
    const { attemptId } = this.origin;
    try {
      if (file === 'started' && !this.#startTold) {
        const { started } = readRecords(this.dir, attemptId);
        if (typeof started !== 'string') this.#start(started);
      }
      if (file === 'stuck') this.#stuck(readStuck(this.dir, attemptId));
    } catch (cause) {
      this.#warn('record_not_read', { file, err: cause });
    }
  }

  #stuck(stuck: { pid: number; wchan: string } | null): void {
    if (stuck === null && !this.#stuckTold) return;
    this.#stuckTold = stuck !== null;
    this.#fact({ fact: 'stuck', attemptId: this.origin.attemptId, stuck });
  }

  #supervisorLost(main: ProcessId): void {
    const { attemptId } = this.origin;
    const lost = new LostAttempt(
      this.around,
      { attemptId, dir: this.dir, main, cgroup: this.#cgroup, pausedMs: this.#pauses.totalMs() },
      (stop) => this.#tellEnd({ seen: 'supervisorLost', ...(stop && { stop }) }, null, null),
    );
    this.#phase = { is: 'lost', lost };
    this.#fact({ fact: 'supervisorLost', attemptId });
    if (this.#stop !== null) lost.stop(this.#stop);
  }

  /** Told once nobody of the attempt is left. */
  #end(verdict: Ended): void {
    this.#phase = { is: 'over' };
    const { ending, usage, at } = verdict;
    if (verdict.leftover) void this.#sweep(verdict);
    else this.#tellEnd(ending, usage, at);
  }

  async #sweep(verdict: Ended): Promise<void> {
    try {
      await killAttempt(this.around.shim, this.origin.attemptId, this.#cgroup);
    } catch (cause) {
      this.#warn('attempt_sweep_failed', { err: cause });
      this.#later(() => this.#end(verdict));
      return;
    }
    this.#end({ ...verdict, leftover: false });
  }

  #tellEnd(seen: Ending, usage: Ended['usage'], at: number | null): void {
    this.#phase = { is: 'over' };
    this.#stuck(null);
    const { attemptId } = this.origin;
    const cause = this.#launchFailure;
    const ending: Ending =
      seen.seen === 'neverStarted' && cause !== null ? { seen: 'launchFailed', cause } : seen;
    this.#fact({ fact: 'ended', attemptId, ending, usage, at: at ?? this.around.clock.now() });
  }

  #fact(fact: Fact): void {
    if (!this.#closed) this.around.fact(fact);
  }

  #warn(event: string, fields: object): void {
    this.around.log.warn({ event, attemptId: this.origin.attemptId, ...fields });
  }

  #later(act: () => void): void {
    const { clock } = this.around;
    clock.at(clock.now() + RETRY_MS, () => {
      if (!this.#closed) act();
    });
  }
}

const NEVER_STARTED: Ended = {
  is: 'ended',
  ending: { seen: 'neverStarted' },
  usage: null,
  at: null,
  leftover: false,
};
