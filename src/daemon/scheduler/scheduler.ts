import { randomUUID } from 'node:crypto';
import { failpoint } from '../failpoint.js';
import type { Command, Committed } from '../queue/commands.js';
import { describe, type Ending, judge, type Outcome } from '../run/outcome.js';
import { overlap } from '../run/place.js';
import type { Gain } from '../run/resume.js';
import { isFinal, isLive, type RunState } from '../run/run.js';
import type { Dependency } from '../run/submission.js';
import type { StoredAttempt, StoredRun } from '../store/stored.js';
import type { Fact } from '../supervisor/executor.js';
import { BegunRuns } from './begun.js';
import { Leases } from './leases.js';
import {
  type CurveWriter,
  type DependencyState,
  experimentKey,
  type Machine,
  plan,
  type Reason,
  type Waiting,
  whyWaiting,
} from './plan.js';
import { type Ports, record } from './ports.js';
import { type Claim, startAttempt } from './start.js';
import { Turn } from './turn.js';

/** Records wait no longer than this for a start under way. */
const LONG_START_MS = 100;
/** How long a low disk is believed before it is looked at again. */
const DISK_RECHECK_MS = 10_000;
/** How often it is looked whether another daemon still writes what a run waits for: a read; network file systems tell nobody. */
const WRITER_RECHECK_MS = 1_000;

/**
 * The loop: events in, starts and stops out. It alone decides what runs; the rules are in plan.ts,
 * and the queue's writer records each decision before it is carried out.
 */
export class Scheduler {
  readonly #turn = new Turn();
  readonly #leases = new Leases();
  /** States of runs that others wait for. */
  readonly #awaited = new Map<number, RunState>();
  readonly #begun = new BegunRuns();
  /** Why runs wait for another daemon, by experiment. */
  readonly #elsewhere = new Map<string, string>();
  /** Attempts that have ended and are not settled, with their runs. */
  readonly #ending = new Map<string, number>();
  /** Queued runs that are to be cancelled when what they wait for fails. */
  readonly #fragile = new Set<number>();
  /** Attempts on their way to their first instruction, and who waits until there is none. */
  readonly #starting = new Set<string>();
  #calm: (() => void)[] = [];
  /** Resolves once every end that has been seen is handed in to the queue. */
  #ends = Promise.resolve();
  /** As stored; null: to be read again. */
  #rules: {
    limits: ReadonlyMap<string, number>;
    /** Of sweeps that were asked for. */
    sweepLimits: Map<number, number>;
    draining: boolean;
  } | null = null;
  readonly #lowDisk = new Map<string, { text: string; until: number }>();
  /** Runs whose attempt was interrupted and whose place in the queue is not known yet; the attempt has the slot. */
  readonly #goingOn = new Map<number, string>();
  #forgetWake: (() => void) | null = null;
  #poked = false;
  #closed = false;

  constructor(
    private readonly ports: Ports,
    private slots: number,
  ) {}

  /** Loads the queue, takes over what the last daemon left, then starts planning. */
  begin(): void {
    const { store, executor } = this.ports;
    for (const run of store.begun()) this.#begun.add(run);
    this.#turn.load(store.queued().map((run) => this.#waiting(run)));
    const unsettled = store.live().map(({ run, attempt }) => {
      const stop = run.state === 'stopping' ? run.stop : null;
      const paused = run.state === 'running' && run.paused;
      const { slots } = attempt.lease;
      this.#leases.take(attempt.id, { ...standing(run), runId: run.id, slots, stop, paused });
      const { main = null, cgroup = null } = attempt.handle;
      return { attemptId: attempt.id, bootId: attempt.bootId, stop, paused, main, cgroup };
    });
    executor.recover(unsettled);
    this.poke();
  }

  close(): void {
    this.#closed = true;
    this.#forgetWake?.();
  }

  setSlots(slots: number): void {
    this.slots = slots;
    this.poke();
  }

  /** Plan again, once, after everything that is already known has been taken in. */
  poke(): void {
    if (this.#poked || this.#closed) return;
    this.#poked = true;
    queueMicrotask(() => {
      this.#poked = false;
      this.#carryOut();
    });
  }

  /** Why a queued run waits; null when it is not queued, or on its way into the turn or out of it. */
  reason(runId: number): Reason | null {
    const waiting = this.#turn.get(runId);
    return waiting === undefined ? null : whyWaiting(waiting, this.#machine(), this.ports.clock.now());
  }

  /** How many queued runs have their turn before this one. */
  ahead(runId: number): number {
    return this.#turn.ahead(runId);
  }

  /** The process of a stopping attempt that does not die of SIGKILL; its slot stays taken. */
  stuck(attemptId: string): { pid: number; wchan: string } | null {
    return this.#leases.get(attemptId)?.stuck ?? null;
  }

  counts(): { slots: number; running: number; queued: number } {
    return { slots: this.slots, running: this.#leases.size, queued: this.#turn.queue.length };
  }

  /** After each commit: the queue as it now is, and the stops that were asked for. */
  committed({ changed, removed, settings }: Pick<Committed, 'changed' | 'removed' | 'settings'>): void {
    if (settings) this.#rules = null;
    for (const id of removed) this.#forget(id);
    for (const run of changed) {
      if (this.#awaited.has(run.id)) this.#awaited.set(run.id, run.state);
      this.#begun.take(run);
      if (run.state === 'queued') this.#turn.put(this.#waiting(run));
      else this.#forget(run.id);
      if (isLive(run.state)) this.#steer(run);
      else this.#passOn(run.id);
      if (isCancelledBetween(run)) void this.#leave(run);
    }
    this.poke();
  }

  /** What the executor saw. */
  fact(fact: Fact): void {
    const { log } = this.ports;
    switch (fact.fact) {
      case 'started':
        this.#started(fact);
        break;
      case 'ended':
        void this.#ended(fact).catch((err) => {
          // A daemon that ends under it closes the store: the next one takes this end again.
          if (!this.#closed) log.error({ event: 'end_failed', attemptId: fact.attemptId, err });
        });
        break;
      case 'stuck': {
        const held = this.#leases.get(fact.attemptId);
        if (held !== undefined) held.stuck = fact.stuck;
        log.warn({ event: 'attempt_stuck', attemptId: fact.attemptId, stuck: fact.stuck });
        break;
      }
      case 'supervisorLost':
        log.warn({ event: 'supervisor_lost', attemptId: fact.attemptId });
        break;
      default:
        fact satisfies never;
    }
  }

  /** An interrupted run is queued again, or over: now its slot is anybody's. */
  #passOn(runId: number): void {
    const attemptId = this.#goingOn.get(runId);
    if (attemptId === undefined) return;
    this.#goingOn.delete(runId);
    this.#leases.free(attemptId);
  }

  #forget(runId: number): void {
    this.#turn.remove(runId);
    this.#fragile.delete(runId);
  }

  #waiting(run: StoredRun): Waiting {
    const after = this.ports.store.dependencies(run.id);
    for (const { on } of after)
      if (!this.#awaited.has(on)) this.#awaited.set(on, this.ports.store.run(on)?.state ?? 'cancelled');
    if (run.killOnFailedDependency && after.length > 0) this.#fragile.add(run.id);
    const { id, priority, project, beginAt, codeUntil } = run;
    const notBefore = run.state === 'queued' ? run.notBefore : null;
    const ended = notBefore === null ? null : this.ports.store.newestAttempt(run.id)?.outcome;
    return {
      ...{ id, priority, project, beginAt, notBefore, codeUntil, after, request: { slots: 1 } },
      ...standing(run),
      ...(ended && { lastEnd: describe(ended) }),
    };
  }

  #machine(): Machine {
    const now = this.ports.clock.now();
    const { store } = this.ports;
    this.#rules ??= {
      limits: new Map(store.groups().map(({ name, limit }) => [name, limit])),
      sweepLimits: new Map(),
      draining: store.draining(),
    };
    const { limits, sweepLimits, draining } = this.#rules;
    const sweepLimit = (id: number): number => {
      const limit = sweepLimits.get(id) ?? store.sweep(id)?.maxParallel ?? 0;
      sweepLimits.set(id, limit);
      return limit;
    };
    return {
      slots: this.slots,
      freeSlots: this.slots - this.#leases.slots,
      holders: this.#leases.runs,
      draining,
      lowDisk: (project) => {
        const low = this.#lowDisk.get(project);
        return low !== undefined && low.until > now ? low.text : null;
      },
      group: (name) => ({ limit: limits.get(name) ?? 0, running: this.#leases.inGroup(name) }),
      sweep: (id) => ({ limit: sweepLimit(id), running: this.#leases.inSweep(id) }),
      writer: (run) => this.#writer(run),
      keeper: (run) => this.#keeper(run),
      dependency: (on) => this.#dependency(on),
    };
  }

  #dependency({ on, kind }: Dependency): DependencyState {
    const state = this.#awaited.get(on) ?? 'cancelled';
    if (!isFinal(state)) return 'pending';
    return kind === 'afterany' || state === 'succeeded' ? 'met' : 'failed';
  }

  /** Who writes them now; else who has begun to and is not over; else another daemon. */
  #writer(of: Pick<Waiting, 'id' | 'experiment' | 'begun'>): CurveWriter | null {
    const now = this.#leases.writer(of.experiment);
    if (now !== null) return { run: now, writes: true };
    const before = this.#begun.before(of);
    if (before !== null) return { run: before, writes: false };
    const elsewhere = this.#elsewhere.get(experimentKey(of.experiment));
    return elsewhere === undefined ? null : { elsewhere };
  }

  /** Who writes there now; else who began before: of two that did, the older one goes on first. */
  #keeper({ id, place, begun }: Pick<Waiting, 'id' | 'place' | 'begun'>): number | null {
    if (place === null) return null;
    const others = this.ports.store
      .places()
      .filter((other) => other.id !== id && overlap(other.place, place));
    return this.#leases.keeper(place) ?? others.find((other) => !begun || other.id < id)?.id ?? null;
  }

  /** Returns how many starts it made. */
  #carryOut(): number {
    if (this.#closed) return 0;
    this.#cancelFragile();
    const { starts, wakeAt } = plan(this.#turn.queue, this.#machine(), this.ports.clock.now());
    this.#forgetWake?.();
    this.#forgetWake = wakeAt === null ? null : this.ports.clock.at(wakeAt, () => this.poke());
    for (const { id, group, sweep, experiment, place, request } of starts) {
      const attemptId = randomUUID().replaceAll('-', '');
      this.#leases.take(attemptId, { runId: id, group, sweep, experiment, place, slots: request.slots });
      this.#turn.remove(id);
      this.#starting.add(attemptId);
      void this.#start(id, { attemptId, slots: request.slots, after: this.#ends }).then((launched) => {
        if (!launched) this.#noLongerStarting(attemptId);
      });
    }
    return starts.length;
  }

  /** `--kill-on-failed-dep`: cancels what can never start. */
  #cancelFragile(): void {
    for (const runId of this.#fragile) {
      const after = this.#turn.get(runId)?.after ?? [];
      if (!after.some((on) => this.#dependency(on) === 'failed')) continue;
      this.#fragile.delete(runId);
      void this.#record({ do: 'transition', runId, event: { kind: 'stopRequested', reason: 'cancel' } });
    }
  }

  /** Whether it was launched. */
  async #start(runId: number, claim: Claim): Promise<boolean> {
    const { attemptId } = claim;
    try {
      const started = await startAttempt(this.ports, runId, claim);
      if (started.launched) return true;
      if ('lowDisk' in started) this.#waitForDisk(started.project, started.lowDisk);
      if ('elsewhere' in started) this.#waitForOther(started.run, started.elsewhere);
    } catch (err) {
      this.ports.log.error({ event: 'start_failed', runId, attemptId, err });
      return false; // A bug: the lease stays taken rather than the same start tried for ever.
    }
    await this.#leave(this.ports.store.run(runId));
    this.#leases.free(attemptId);
    const run = this.ports.store.run(runId);
    if (run?.state === 'queued') this.#turn.put(this.#waiting(run));
    this.poke();
    return false;
  }

  /** Its curves are anybody's once it is over and they are written, or where it has not begun. */
  async #leave(run: StoredRun | null): Promise<void> {
    if (run === null || (run.attempt > 0 && !isFinal(run.state))) return;
    if (![...this.#ending.values()].includes(run.id)) await this.ports.leaveExperiment(run);
  }

  #noLongerStarting(attemptId: string): void {
    if (!this.#starting.delete(attemptId) || this.#starting.size > 0) return;
    for (const go of this.#calm.splice(0)) go();
  }

  /** Records are for people: they do not compete with a start, unless it takes long. */
  #noStart(): Promise<void> {
    if (this.#starting.size === 0) return Promise.resolve();
    const { clock } = this.ports;
    return new Promise((resolve) => {
      const forget = clock.at(clock.now() + LONG_START_MS, resolve);
      this.#calm.push(() => {
        forget();
        resolve();
      });
    });
  }

  #waitForDisk(project: string, text: string): void {
    const until = this.ports.clock.now() + DISK_RECHECK_MS;
    this.#lowDisk.set(project, { text, until });
    this.ports.clock.at(until, () => this.poke());
  }

  #waitForOther(run: StoredRun, by: string): void {
    const key = experimentKey(standing(run).experiment);
    this.#elsewhere.set(key, by);
    const { clock } = this.ports;
    clock.at(clock.now() + WRITER_RECHECK_MS, () => void this.#lookAgain(run, key));
  }

  async #lookAgain(run: StoredRun, key: string): Promise<void> {
    const waits = !this.#closed && this.#turn.get(run.id) !== undefined;
    const still = waits ? await this.ports.experimentElsewhere(run) : null;
    if (still !== null) return this.#waitForOther(run, still);
    this.#elsewhere.delete(key);
    this.poke();
  }

  #started({ attemptId, process }: Extract<Fact, { fact: 'started' }>): void {
    this.#noLongerStarting(attemptId);
    const held = this.#leases.get(attemptId);
    if (held === undefined) return;
    const { shim, main, cgroup, startedAt } = process;
    failpoint('beforeSpawned');
    void this.#record({
      do: 'transition',
      runId: held.runId,
      event: { kind: 'spawned' },
      facts: { of: 'spawned', startedAt, handle: { shim, main, cgroup } },
    }).then(() => this.#running(attemptId, held.runId));
  }

  #running(attemptId: string, runId: number): void {
    failpoint('afterSpawned');
    const [attempt, run] = [this.ports.store.attempt(attemptId), this.ports.store.run(runId)];
    if (attempt !== null && run !== null) this.ports.started(attempt, run);
  }

  async #ended({ attemptId, ending, usage }: Extract<Fact, { fact: 'ended' }>): Promise<void> {
    this.#noLongerStarting(attemptId);
    const { store, executor, log } = this.ports;
    const held = this.#leases.get(attemptId);
    const attempt = store.attempt(attemptId);
    if (held === undefined || attempt === null) return;
    const { runId } = held;
    const run = store.run(runId);
    this.#ending.set(attemptId, runId);
    // The processes are gone, so the slot is free: what is next gets ready while it is found out how this one ended.
    // Claims are committed after that end, or with it. Whoever was interrupted is back in its old place first.
    const goesOn = judge(ending, this.#requeueExits(attempt, ending)).verdict === 'interrupted';
    if (goesOn) this.#goingOn.set(runId, attemptId);
    let handedIn = (): void => {};
    const ended = new Promise<void>((resolve) => {
      handedIn = resolve;
    });
    this.#ends = this.#ends.then(() => ended);
    if (!goesOn) this.#leases.free(attemptId);
    const starts = goesOn ? 0 : this.#carryOut();
    const { outcome, gain } = await this.#outcome(attempt, ending);
    failpoint('beforeEnd');
    const end = this.#record(
      {
        do: 'transition',
        runId,
        event: { kind: 'ended', attempt: attempt.number, outcome, ...gain },
        facts: { of: 'ended', usage },
      },
      // What is not on disk yet holds its slot there: no claim may pass it.
      { joins: starts > 0, delayed: () => this.#leases.take(attemptId, held) },
    );
    handedIn();
    await end;
    // That it is queued again is told after this; where it could not be recorded, nobody will tell.
    const told = goesOn && store.attempt(attemptId)?.outcome !== null;
    if (!told && this.#leases.get(attemptId) !== undefined) {
      this.#goingOn.delete(runId);
      this.#leases.free(attemptId);
      this.poke();
    }
    failpoint('afterEnd');
    await this.#noStart();
    log.info({
      event: 'attempt_ended',
      runId,
      attempt: attempt.number,
      cause: outcome.cause,
      ...seen(ending),
    });
    await this.ports.finished(store.attempt(attemptId) ?? attempt, store.run(runId));
    failpoint('beforeSettled');
    executor.settled(attemptId);
    failpoint('afterSettled');
    this.#ending.delete(attemptId);
    const now = store.run(runId);
    if (now !== null) await this.#leave(now);
    else if (run !== null) await this.ports.leaveExperiment(run);
  }

  async #outcome(attempt: StoredAttempt, seen: Ending): Promise<{ outcome: Outcome; gain: Gain }> {
    const { saysDone, gain, log } = this.ports;
    const asked = <T>(question: (attempt: StoredAttempt) => Promise<T>, otherwise: T): Promise<T> =>
      question(attempt).catch((err) => {
        log.warn({ event: 'outcome_uncertain', attemptId: attempt.id, err });
        return otherwise;
      });
    const well = seen.seen === 'exit' && seen.record.code === 0;
    const ending = well ? { ...seen, done: await asked(saysDone, false) } : seen;
    const outcome = judge(ending, this.#requeueExits(attempt, ending));
    const none: Gain = { progressed: false };
    return { outcome, gain: outcome.verdict === 'success' ? none : await asked(gain, none) };
  }

  #requeueExits = ({ runId }: StoredAttempt, ending: Ending): readonly number[] =>
    ending.seen === 'exit' && ending.record.code !== 0
      ? (this.ports.store.submission(runId)?.requeueExits ?? [])
      : [];

  /** A stop or pause that is committed is carried out, once; another group counts it from now on. */
  #steer(run: StoredRun): void {
    if (run.state !== 'starting' && run.state !== 'running' && run.state !== 'stopping') return;
    const { attemptId } = run.live;
    const held = this.#leases.get(attemptId);
    if (held === undefined) return;
    held.group = run.group;
    if (run.state === 'stopping' && held.stop !== run.stop) {
      held.stop = run.stop;
      this.ports.executor.stop(attemptId, run.stop);
    }
    if (run.state === 'running' && held.paused !== run.paused) {
      held.paused = run.paused;
      if (run.paused) this.ports.executor.pause(attemptId);
      else this.ports.executor.continue(attemptId);
    }
  }

  #record = (command: Command, how?: Parameters<typeof record>[3]): Promise<void> =>
    record(this.ports, [command], () => this.#closed, how);
}

/** No attempt ends with it. */
const isCancelledBetween = (run: StoredRun): boolean =>
  run.state === 'cancelled' && run.outcome === null && run.attempt > 0;

/** What counts against limits that several runs share. */
const standing = ({ group, job, project, experimentId, checkpointPlace, attempt }: StoredRun) => ({
  group,
  sweep: job?.sweep ?? null,
  experiment: { project, id: experimentId },
  place: checkpointPlace,
  begun: attempt > 0,
});

const seen = (ending: Ending): object =>
  ending.seen === 'exit' ? { code: ending.record.code, signal: ending.record.signal } : { seen: ending.seen };
