import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Command, Committed, Result } from '../queue/commands.js';
import type { Ending } from '../run/outcome.js';
import { judge } from '../run/outcome.js';
import type { ResumePoint } from '../run/resume.js';
import { isFinal, isLive, type RunState } from '../run/run.js';
import type { StopReason } from '../run/stop.js';
import type { Dependency, Submission } from '../run/submission.js';
import type { StoredAttempt, StoredRun } from '../store/stored.js';
import type { Executor, Fact, Prepared, Unsettled } from '../supervisor/executor.js';
import { type DependencyState, type Machine, plan, type Reason, type Waiting, whyWaiting } from './plan.js';
import { Turn } from './turn.js';

/** What the scheduler asks of the rest of the daemon. */
export interface Ports {
  clock: Clock;
  log: Log;
  executor: Executor;
  bootId: string;
  execute(commands: Command[]): Promise<Result[]>;
  store: SchedulerStore;
  /** The checkpoint that the run's next attempt goes on from. */
  resumePoint(run: StoredRun): Promise<ResumePoint | null>;
  /** Whether the attempt left a complete checkpoint that it did not start from. */
  progressed(attempt: StoredAttempt): Promise<boolean>;
  /** Why a project's or the state's file system has too little room, or null. */
  lowDisk(project: string): Promise<string | null>;
  /** The end is committed: complete the run directory. */
  finished(attempt: StoredAttempt, run: StoredRun | null): Promise<void>;
}

export interface SchedulerStore {
  run(id: number): StoredRun | null;
  attempt(id: string): StoredAttempt | null;
  queued(): StoredRun[];
  dependencies(runId: number): Dependency[];
  /** null: the stored bytes are not what was acknowledged. */
  submission(runId: number): Submission | null;
  attempts(runId: number): StoredAttempt[];
  live(): { run: StoredRun; attempt: StoredAttempt }[];
  groups(): { name: string; limit: number }[];
  draining(): boolean;
}

/** An attempt that holds its lease: from the decision to start it until its processes are gone. */
interface Holder {
  runId: number;
  group: string;
  slots: number;
  /** The last stop handed to the executor. */
  stop: StopReason | null;
  paused: boolean;
  stuck?: { pid: number; wchan: string } | null;
}

/** Between attempts to record a fact on a disk that takes nothing. */
const STORAGE_RETRY_MS = 1000;

/** How long a low disk is believed before it is looked at again. */
const DISK_RECHECK_MS = 10_000;

/**
 * The loop: events in, starts and stops out. It alone decides what runs; the rules are in plan.ts,
 * the queue's writer records each decision before it is carried out.
 */
export class Scheduler {
  readonly #turn = new Turn();
  readonly #holders = new Map<string, Holder>();
  /** States of runs that others wait for. */
  readonly #awaited = new Map<number, RunState>();
  /** Queued runs that are to be cancelled when what they wait for fails. */
  readonly #fragile = new Set<number>();
  readonly #lowDisk = new Map<string, { text: string; until: number }>();
  #forgetWake: (() => void) | null = null;
  #planned = false;
  #closed = false;

  constructor(
    private readonly ports: Ports,
    private slots: number,
  ) {}

  /** Loads the queue, takes over what the last daemon left, then starts planning. */
  begin(): void {
    const { store, executor } = this.ports;
    this.#turn.load(store.queued().map((run) => this.#waiting(run)));
    const unsettled: Unsettled[] = [];
    for (const { run, attempt } of store.live()) {
      const stop = run.state === 'stopping' ? run.stop : null;
      const paused = run.state === 'running' && run.paused;
      this.#holders.set(attempt.id, {
        runId: run.id,
        group: run.group,
        slots: attempt.lease.slots,
        stop,
        paused,
      });
      const { main = null, cgroup = null } = attempt.handle;
      unsettled.push({ attemptId: attempt.id, bootId: attempt.bootId, stop, paused, main, cgroup });
    }
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
    if (this.#planned || this.#closed) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      if (!this.#closed) this.#carryOut();
    });
  }

  /** Why a queued run waits. */
  reason(runId: number): Reason | null {
    const run = this.#turn.get(runId);
    return run === undefined ? null : whyWaiting(run, this.#machine(), this.ports.clock.now());
  }

  /** How many queued runs have their turn before this one. */
  ahead(runId: number): number {
    return this.#turn.ahead(runId);
  }

  counts(): { slots: number; running: number; queued: number } {
    return { slots: this.slots, running: this.#holders.size, queued: this.#turn.queue.length };
  }

  /** After each commit: the queue as it now is, and stops that were asked for. */
  committed({ changed, removed }: Committed): void {
    for (const id of removed) this.#forget(id);
    for (const run of changed) {
      if (this.#awaited.has(run.id)) this.#awaited.set(run.id, run.state);
      if (run.state === 'queued') this.#turn.put(this.#waiting(run));
      else this.#forget(run.id);
      if (isLive(run.state)) this.#steer(run);
    }
    this.poke();
  }

  /** What the executor saw. */
  fact(fact: Fact): void {
    switch (fact.fact) {
      case 'started':
        this.#started(fact);
        break;
      case 'ended':
        void this.#ended(fact).catch((cause) => this.#bug('end_not_recorded', fact.attemptId, cause));
        break;
      case 'stuck':
        this.#stuck(fact);
        break;
      case 'supervisorLost':
        this.ports.log.warn({ event: 'supervisor_lost', attemptId: fact.attemptId });
        break;
      default:
        fact satisfies never;
    }
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
    return {
      id: run.id,
      priority: run.priority,
      group: run.group,
      project: run.project,
      beginAt: run.beginAt,
      notBefore: run.state === 'queued' ? run.notBefore : null,
      codeUntil: run.codeUntil,
      after,
      request: { slots: 1 },
    };
  }

  #machine(): Machine {
    const held = [...this.#holders.values()];
    const limits = new Map(this.ports.store.groups().map(({ name, limit }) => [name, limit]));
    const now = this.ports.clock.now();
    return {
      slots: this.slots,
      freeSlots: this.slots - held.reduce((sum, { slots }) => sum + slots, 0),
      holders: held.map(({ runId }) => runId),
      draining: this.ports.store.draining(),
      lowDisk: (project) => {
        const low = this.#lowDisk.get(project);
        return low !== undefined && low.until > now ? low.text : null;
      },
      group: (name) => ({
        limit: limits.get(name) ?? 0,
        running: held.filter(({ group }) => group === name).length,
      }),
      dependency: (on) => this.#dependency(on),
    };
  }

  #dependency({ on, kind }: Dependency): DependencyState {
    const state = this.#awaited.get(on) ?? 'cancelled';
    if (!isFinal(state)) return 'pending';
    return kind === 'afterany' || state === 'succeeded' ? 'met' : 'failed';
  }

  #carryOut(): void {
    this.#cancelFragile();
    const { starts, wakeAt } = plan(this.#turn.queue, this.#machine(), this.ports.clock.now());
    this.#forgetWake?.();
    this.#forgetWake = wakeAt === null ? null : this.ports.clock.at(wakeAt, () => this.poke());
    for (const waiting of starts) {
      const attemptId = randomUUID().replaceAll('-', '');
      const { id: runId, group } = waiting;
      this.#holders.set(attemptId, { runId, group, slots: waiting.request.slots, stop: null, paused: false });
      this.#turn.remove(runId);
      void this.#start(runId, attemptId).catch((cause) => {
        this.#release(attemptId);
        this.#bug('start_failed', attemptId, cause);
      });
    }
  }

  /** `--kill-on-failed-dep`: cancels what can never start. */
  #cancelFragile(): void {
    for (const runId of this.#fragile) {
      const after = this.#turn.get(runId)?.after ?? [];
      if (!after.some((on) => this.#dependency(on) === 'failed')) continue;
      this.#fragile.delete(runId);
      void this.#record([{ do: 'transition', runId, event: { kind: 'stopRequested', reason: 'cancel' } }]);
    }
  }

  /** 1 look, 2 prepare on disk, 3 claim durably, 4 launch. Nothing is executed before the claim is committed. */
  async #start(runId: number, attemptId: string): Promise<void> {
    const { store, executor, log } = this.ports;
    const run = store.run(runId);
    if (run?.state !== 'queued') return this.#release(attemptId);
    const low = await this.ports.lowDisk(run.project);
    if (low !== null) return this.#refuseForDisk(run, attemptId, low);
    const submission = store.submission(runId);
    if (submission === null)
      return this.#hold(
        run,
        attemptId,
        'spec_corrupt',
        'the stored submission is damaged; expctl rerun it from its source',
      );

    const resume = run.attempt > 0 || run.resume.from === 'chosen' ? await this.ports.resumePoint(run) : null;
    let prepared: Prepared;
    try {
      prepared = await executor.prepare({
        attemptId,
        attempt: run.attempt + 1,
        runId,
        ulid: run.ulid,
        name: run.name,
        experimentId: run.experimentId,
        submission,
        tags: run.tags,
        note: run.note,
        resume,
        previousRunDir: run.runDir,
        submittedAt: run.submittedAt,
      });
    } catch (cause) {
      return this.#unprepared(run, attemptId, submission, cause);
    }
    const [claim] = await this.ports.execute([this.#claim(run, attemptId, resume, prepared)]);
    if (!claim?.ok) {
      log.info({ event: 'claim_refused', runId, attemptId, why: claim?.message });
      await executor.discard(attemptId, prepared);
      if (isStorage(claim)) return this.#refuseForDisk(run, attemptId, claim.message);
      return this.#release(attemptId);
    }
    executor.launch(attemptId);
    log.info({ event: 'attempt_launched', runId, attempt: run.attempt + 1, attemptId });
  }

  #claim(run: StoredRun, attemptId: string, resume: ResumePoint | null, prepared: Prepared): Command {
    return {
      do: 'transition',
      runId: run.id,
      event: { kind: 'claimed', attempt: run.attempt + 1, attemptId, resumedFrom: resume?.path ?? null },
      facts: {
        of: 'claimed',
        bootId: this.ports.bootId,
        lease: { slots: this.#holders.get(attemptId)?.slots ?? 1 },
        resumedStep: resume?.step ?? null,
        ...prepared,
      },
    };
  }

  /** Nothing could be prepared: the working directory is gone (held), or a cause of ours (tried again). */
  async #unprepared(
    run: StoredRun,
    attemptId: string,
    submission: Submission,
    cause: unknown,
  ): Promise<void> {
    const text = cause instanceof Error ? cause.message : String(cause);
    const gone = errno(cause) === 'ENOENT' && text.includes(submission.cwd);
    if (gone) return this.#hold(run, attemptId, 'cwd_gone', `working directory is gone: ${submission.cwd}`);
    this.ports.log.warn({ event: 'prepare_failed', runId: run.id, attemptId, cause: text });
    const outcome = judge({ seen: 'launchFailed', cause: text }, []);
    const [claim] = await this.ports.execute([
      this.#claim(run, attemptId, null, { runDir: '', log: '', errorLog: null }),
      {
        do: 'transition',
        runId: run.id,
        event: { kind: 'ended', attempt: run.attempt + 1, outcome, progressed: false },
      },
    ]);
    this.#release(attemptId);
  }

  async #hold(
    run: StoredRun,
    attemptId: string,
    code: 'cwd_gone' | 'spec_corrupt',
    text: string,
  ): Promise<void> {
    this.ports.log.warn({ event: 'run_held', runId: run.id, code });
    await this.ports.execute([
      { do: 'transition', runId: run.id, event: { kind: 'held', why: { code, text } } },
    ]);
    this.#release(attemptId);
  }

  #refuseForDisk(run: StoredRun, attemptId: string, text: string): void {
    const until = this.ports.clock.now() + DISK_RECHECK_MS;
    this.#lowDisk.set(run.project, { text, until });
    this.ports.clock.at(until, () => this.poke());
    this.#turn.put(this.#waiting(run));
    this.#release(attemptId);
  }

  #release(attemptId: string): void {
    const holder = this.#holders.get(attemptId);
    this.#holders.delete(attemptId);
    if (holder !== undefined && this.#turn.get(holder.runId) === undefined) {
      const run = this.ports.store.run(holder.runId);
      if (run?.state === 'queued') this.#turn.put(this.#waiting(run));
    }
    this.poke();
  }

  #started({ attemptId, process }: Extract<Fact, { fact: 'started' }>): void {
    const holder = this.#holders.get(attemptId);
    if (holder === undefined) return;
    const { shim, main, cgroup, startedAt } = process;
    void this.#record([
      {
        do: 'transition',
        runId: holder.runId,
        event: { kind: 'spawned' },
        facts: { of: 'spawned', startedAt, handle: { shim, main, cgroup } },
      },
    ]);
  }

  async #ended({ attemptId, ending, usage }: Extract<Fact, { fact: 'ended' }>): Promise<void> {
    const { store, executor, log } = this.ports;
    const holder = this.#holders.get(attemptId);
    const attempt = store.attempt(attemptId);
    if (holder === undefined || attempt === null) return;
    const outcome = judge(ending, store.submission(holder.runId)?.requeueExits ?? []);
    const succeeded = outcome.verdict === 'success';
    const progressed = succeeded ? false : await this.ports.progressed(attempt);
    // The processes are gone, so the slot is free whatever the commit says; claims of others come after it.
    const end = this.#record([
      {
        do: 'transition',
        runId: holder.runId,
        event: { kind: 'ended', attempt: attempt.number, outcome, progressed },
        facts: { of: 'ended', usage },
      },
    ]);
    this.#holders.delete(attemptId);
    this.poke();
    await end;
    log.info({
      event: 'attempt_ended',
      runId: holder.runId,
      attempt: attempt.number,
      ...facts(ending),
      cause: outcome.cause,
    });
    await this.ports.finished(store.attempt(attemptId) ?? attempt, store.run(holder.runId));
    executor.settled(attemptId);
  }

  /** A stop or pause that is committed is carried out, once. */
  #steer(run: StoredRun): void {
    if (run.state !== 'running' && run.state !== 'stopping') return;
    const holder = this.#holders.get(run.live.attemptId);
    if (holder === undefined) return;
    if (run.state === 'stopping' && holder.stop !== run.stop) {
      holder.stop = run.stop;
      this.ports.executor.stop(run.live.attemptId, run.stop);
    }
    if (run.state === 'running' && holder.paused !== run.paused) {
      holder.paused = run.paused;
      if (run.paused) this.ports.executor.pause(run.live.attemptId);
      else this.ports.executor.continue(run.live.attemptId);
    }
  }

  #stuck({ attemptId, stuck }: Extract<Fact, { fact: 'stuck' }>): void {
    const holder = this.#holders.get(attemptId);
    if (holder !== undefined) holder.stuck = stuck;
    this.ports.log.warn({ event: stuck ? 'attempt_stuck' : 'attempt_no_longer_stuck', attemptId, ...stuck });
  }

  /** Which process of a stopping run does not die of SIGKILL; its slot stays taken. */
  stuck(attemptId: string): { pid: number; wchan: string } | null {
    return this.#holders.get(attemptId)?.stuck ?? null;
  }

  /** What has happened must be recorded: a full disk delays that, it does not lose it. */
  async #record(commands: Command[]): Promise<void> {
    for (;;) {
      const results = await this.ports.execute(commands);
      const refused = results.find((result) => !result.ok);
      if (!isStorage(refused)) {
        if (refused !== undefined && !refused.ok)
          this.ports.log.error({ event: 'fact_refused', commands, why: refused.message });
        return;
      }
      this.ports.log.error({ event: 'fact_not_stored_yet', why: refused.message });
      await new Promise<void>((resolve) =>
        this.ports.clock.at(this.ports.clock.now() + STORAGE_RETRY_MS, resolve),
      );
      if (this.#closed) return;
    }
  }

  #bug(event: string, subject: string, cause: unknown): void {
    this.ports.log.error({ event, subject, err: cause });
  }
}

const facts = (ending: Ending): object =>
  ending.seen === 'exit' ? { code: ending.record.code, signal: ending.record.signal } : { seen: ending.seen };

const isStorage = (result: Result | undefined): result is Extract<Result, { ok: false }> =>
  result !== undefined && !result.ok && (result.code === 'storage_full' || result.code === 'storage_failed');

const errno = (cause: unknown): string | null =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
