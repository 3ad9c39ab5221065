import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/daemon/clock.js';
import type { Submission } from '../../../src/daemon/run/submission.js';
import { environmentStore } from '../../../src/daemon/rundir/environment.js';
import { readLayouts } from '../../../src/daemon/rundir/layouts.js';
import { Scribe } from '../../../src/daemon/rundir/scribe.js';
import { Cgroups, removeCgroup } from '../../../src/daemon/supervisor/cgroup.js';
import type { Fact, StartOrder, Unsettled } from '../../../src/daemon/supervisor/executor.js';
import { readBootId } from '../../../src/daemon/supervisor/identity.js';
import { type LocalOptions, openLocalExecutor } from '../../../src/daemon/supervisor/local.js';
import { installShim, shimCandidates } from '../../../src/daemon/supervisor/shim.js';
import { unconfigured } from '../../helpers/unconfigured.js';
import { until } from '../../helpers/until.js';

export const ROOT = resolve('.');
export const SHIM = resolve(`native/prebuilt/expshim-linux-${process.arch}`);
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

type Ended = Extract<Fact, { fact: 'ended' }>;

/** A state directory, a project, and executors over them, one after the other, as daemons would be. */
export class World {
  readonly root = mkdtempSync(join(tmpdir(), 'expd-sup-'));
  readonly state = join(this.root, 'state');
  readonly project = join(this.root, 'project');
  readonly facts: Fact[] = [];
  readonly warnings: Record<string, unknown>[] = [];
  readonly attempts = new Set<string>();
  readonly #waiting = new Set<() => void>();
  readonly #cleanUps: (() => Promise<void>)[] = [];

  constructor() {
    mkdirSync(this.state, { mode: 0o700 });
    mkdirSync(this.project);
    onTestFinished(() => this.cleanUp());
  }

  async cleanUp(): Promise<void> {
    for (const done of this.#cleanUps.splice(0)) await done();
    for (const id of this.attempts) execFileSync(SHIM, ['kill', id, 'SIGKILL']);
    // A shim whose run was killed ends by itself, and removes its cgroup unless it was killed too.
    const cgroups = await Cgroups.open();
    for (const dir of [...this.attempts].map((id) => cgroups.of(id)).filter((dir) => dir !== null))
      await until(`${dir} is gone`, async () => {
        await removeCgroup(dir);
        return !existsSync(dir);
      });
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Another daemon over the same state; close the one before, or leave it as if it had been killed. */
  async open(changes: Partial<LocalOptions> = {}) {
    const warn = (fields: Record<string, unknown>): void => void this.warnings.push(fields);
    const executor = await openLocalExecutor({
      ...(await this.ports()),
      shim: installShim(shimCandidates(ROOT), this.state),
      log: { debug() {}, info() {}, warn, error: warn, fatal: warn } as unknown as LocalOptions['log'],
      fact: (fact) => this.heard(fact),
      ...changes,
    });
    this.#cleanUps.push(() => executor.close());
    return executor;
  }

  async ports() {
    const scribe = new Scribe(SHIM);
    this.#cleanUps.push(async () => scribe.close());
    return {
      ...unconfigured(scribe),
      scribe,
      state: this.state,
      clock: systemClock,
      environments: environmentStore(this.state),
      layouts: readLayouts(resolve('conf')),
    };
  }

  heard(fact: Fact): void {
    this.facts.push(fact);
    for (const wake of this.#waiting) wake();
  }

  /** The first fact, from now or before, that fits. */
  async fact<K extends Fact['fact']>(kind: K, attemptId: string): Promise<Extract<Fact, { fact: K }>> {
    for (;;) {
      const found = this.facts.find(
        (fact): fact is Extract<Fact, { fact: K }> => fact.fact === kind && fact.attemptId === attemptId,
      );
      if (found !== undefined) return found;
      await new Promise<void>((wake) => {
        const once = (): void => {
          this.#waiting.delete(once);
          wake();
        };
        this.#waiting.add(once);
      });
    }
  }

  ended(attemptId: string): Promise<Ended> {
    return this.fact('ended', attemptId);
  }

  /** A run that writes `ready` into its working directory has done so, e.g. after its trap. */
  async ready(): Promise<void> {
    await until('ready', () => existsSync(join(this.project, 'ready')));
  }

  dir(attemptId: string): string {
    return join(this.state, 'attempts', attemptId);
  }

  newId(): string {
    const id = randomUUID().replaceAll('-', '');
    this.attempts.add(id);
    return id;
  }

  /** An order to run `argv`; the attempt's files are made, as before a claim. */
  async order(
    argv: string[],
    submission: Partial<Submission> = {},
    env: Record<string, string> = {},
  ): Promise<StartOrder> {
    const { environments } = await this.ports();
    const envSha = await environments.store({ PATH, ...env });
    return {
      attemptId: this.newId(),
      attempt: 1,
      runId: this.attempts.size,
      ulid: '01J00000000000000000000007',
      name: 'train',
      experimentId: 'train-7',
      tags: [],
      note: '',
      resume: null,
      previousRunDir: null,
      submittedAt: Date.now(),
      submission: {
        argv,
        cwd: this.project,
        project: this.project,
        envSha,
        timeLimitMs: null,
        graceMs: 10_000,
        warn: null,
        requeueExits: [],
        seed: 1,
        resumeArg: null,
        template: false,
        split: false,
        layout: 'hybrid',
        topLevel: true,
        umask: 0o022,
        nice: 0,
        rlimits: [],
        configuration: null,
        existingExperiment: null,
        ...submission,
      },
    };
  }

  unsettled(attemptId: string, changes: Partial<Unsettled> = {}): Unsettled {
    return {
      attemptId,
      bootId: readBootId(),
      stop: null,
      paused: false,
      main: null,
      cgroup: null,
      ...changes,
    };
  }
}

export const sh = (script: string): string[] => ['/bin/sh', '-c', script];
