import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { StopReason } from '../run/stop.js';
import { attemptDir } from '../rundir/paths.js';
import { discardAttempt, type Named, type PreparePorts, prepareAttempt } from '../rundir/prepare.js';
import { Attempt, type Surroundings } from './attempt.js';
import { Cgroups, IN_THE_END_MS, removeCgroup } from './cgroup.js';
import type { Executor, Fact, Prepared, StartOrder, Unsettled } from './executor.js';
import { readBootId } from './identity.js';
import { Launcher } from './launcher.js';
import type { Shim } from './shim.js';

export interface LocalOptions extends PreparePorts {
  /** See installShim. */
  shim: Promise<Shim>;
  clock: Clock;
  log: Log;
  fact: (fact: Fact) => void;
  /** Of this machine now; tests hand in another. */
  bootId?: string;
}

/** @throws UserError no_shim */
export async function openLocalExecutor(options: LocalOptions): Promise<LocalExecutor> {
  const [shim, cgroups] = await Promise.all([options.shim, Cgroups.open()]);
  return new LocalExecutor(options, shim, cgroups);
}

/** Attempts on this machine: each under a shim of its own, which the daemon may die over. */
export class LocalExecutor implements Executor {
  readonly #attempts = new Map<string, Attempt>();
  readonly #around: Surroundings;
  readonly #launcher: Launcher;

  constructor(
    private readonly options: LocalOptions,
    readonly shim: Shim,
    readonly cgroups: Cgroups,
  ) {
    const { clock, log, fact } = options;
    this.#around = { shim: shim.file, bootId: options.bootId ?? readBootId(), clock, log, fact };
    this.#launcher = new Launcher(shim.file, {
      started: (id) => this.#attempts.get(id)?.look(),
      gone: (id, status) => this.#attempts.get(id)?.launchFailed(shimEnd(status)),
      lost: (ids, cause) => this.#launcherLost(ids, cause),
    });
  }

  /** Of the process that forks shims; null when there is none just now. */
  get launcherPid(): number | null {
    return this.#launcher.pid;
  }

  /** @throws CwdGone */
  prepare(order: StartOrder, named?: Named): Promise<Prepared> {
    const { attemptId } = order;
    // While the claim is being committed the shim gets ready; it takes its own when it is launched.
    const beside = named && {
      named,
      written: () => this.#launcher.stage(this.#dir(attemptId)),
      withdraw: () => this.#launcher.withdraw(attemptId),
    };
    return prepareAttempt(order, this.cgroups.of(attemptId), this.options, beside);
  }

  launch(attemptId: string): void {
    if (this.#attempt(attemptId).launched()) this.#launcher.launch(this.#dir(attemptId));
    else void this.#launcher.withdraw(attemptId);
  }

  async discard(attemptId: string, prepared: Prepared): Promise<void> {
    this.#attempts.delete(attemptId);
    await this.#launcher.withdraw(attemptId);
    await discardAttempt(attemptId, prepared, this.options.state);
  }

  recover(attempts: Unsettled[]): void {
    for (const unsettled of attempts) this.#add(unsettled, true).recovered();
  }

  stop(attemptId: string, reason: StopReason): void {
    this.#attempt(attemptId).stop(reason);
  }

  pause(attemptId: string): void {
    this.#attempt(attemptId).pause(true);
  }

  continue(attemptId: string): void {
    this.#attempt(attemptId).pause(false);
  }

  settled(attemptId: string): void {
    this.#attempts.delete(attemptId);
    const cgroup = this.cgroups.of(attemptId);
    if (cgroup !== null) void removeCgroup(cgroup, IN_THE_END_MS); // a shim that was killed leaves it
    this.options.scribe
      .carryOut([{ do: 'remove', path: this.#dir(attemptId) }])
      .catch((err) => this.options.log.warn({ event: 'attempt_dir_left', attemptId, err }));
  }

  async close(): Promise<void> {
    for (const attempt of this.#attempts.values()) attempt.close();
    this.#launcher.close();
  }

  /** A stop may come between the claim and the launch, so whatever comes first makes it. */
  #attempt(attemptId: string): Attempt {
    const { bootId } = this.#around;
    const fresh = { attemptId, bootId, stop: null, paused: false, main: null, cgroup: null };
    return this.#attempts.get(attemptId) ?? this.#add(fresh, false);
  }

  #add(unsettled: Unsettled, recovered: boolean): Attempt {
    const { attemptId } = unsettled;
    const attempt = new Attempt(this.#around, this.#dir(attemptId), { ...unsettled, recovered });
    this.#attempts.set(attemptId, attempt);
    return attempt;
  }

  #launcherLost(attemptIds: string[], cause: string): void {
    this.options.log.warn({ event: 'launcher_lost', attemptIds, cause });
    for (const attemptId of attemptIds) this.#attempts.get(attemptId)?.launchFailed(cause);
  }

  #dir(attemptId: string): string {
    return attemptDir(this.options.state, attemptId);
  }
}

/** How a shim ends without a record (native/PROTOCOL.md). */
const SHIM_ENDS: Readonly<Record<number, string>> = {
  65: 'the attempt has no usable spec',
  66: 'the attempt directory is not usable',
  71: 'no process could be made (fork)',
  73: 'the claim could not be made',
  74: 'the start could not be recorded',
};

const shimEnd = (status: number): string =>
  status < 0
    ? `the supervisor was killed by signal ${-status}`
    : (SHIM_ENDS[status] ?? `the supervisor ended with ${status}`);
