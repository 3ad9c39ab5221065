import { UserError } from '../errors.js';
import type { Log } from '../log.js';
import type { Gain, ResumePoint } from '../run/resume.js';
import type { ResumeChoice } from '../run/run.js';
import type { Submission } from '../run/submission.js';
import { tensorboardDir } from '../rundir/paths.js';
import type { SeenCheckpoint } from '../store/checkpoints.js';
import type { StoredAttempt, StoredCheckpoint, StoredRun } from '../store/stored.js';
import type { Candidate } from './candidate.js';
import {
  candidatesOf,
  type Found,
  gainOf,
  type Judged,
  misleading,
  nextResumePoint,
  type Past,
} from './choose.js';
import type { Inspect } from './inspector.js';
import { type Line, lineOf } from './line.js';
import { type Around, isSame, type Listed, listing, standingOf } from './listing.js';
import { placeNamed } from './places.js';
import { newestFirst } from './rank.js';
import { keptWhy, type Retention } from './retention.js';
import { isUntouched } from './untouched.js';

export interface KeeperPorts {
  inspect: Inspect;
  log: Log;
  now(): number;
  run(runId: number): StoredRun | null;
  attempts(runId: number): readonly StoredAttempt[];
  submission(runId: number): Submission | null;
  /** Another run than `runId` that came, or is to come, from this checkpoint; null: none. */
  cameFrom(path: string, runId: number): number | null;
  known(runId: number): readonly StoredCheckpoint[];
  /** Durable, or logged and left: what lies on disk decides. */
  record(runId: number, seen: readonly SeenCheckpoint[], gone: readonly string[]): Promise<void>;
  retention(): Retention | null;
}

/** What has no manifest may still be written until it has been quiet for so long. */
export const SETTLED_MS = 2000;

/**
 * Looks after the checkpoints of runs: what there is, whether it is whole, what a run goes on from, what may go. For
 * one run one thing at a time: what a start has chosen is never removed before its attempt has ended.
 */
export class Keeper {
  /** By run, what its next attempt was told to go on from. */
  readonly #spoken = new Map<number, string>();
  readonly #turns = new Map<number, Promise<unknown>>();

  constructor(private readonly ports: KeeperPorts) {}

  /** Of a further attempt, or of one that goes on from a chosen checkpoint. @throws UserError not_found */
  resumePoint(run: StoredRun, submission: Submission): Promise<Found> {
    return this.#inTurn(run.id, async () => {
      const past = this.#past(run.id, submission);
      const found = await nextResumePoint(run.resume, past, this.ports.inspect);
      if (found.point === null) this.#spoken.delete(run.id);
      else this.#spoken.set(run.id, found.point.path);
      await this.#record(run.id, found.judged);
      return found;
    });
  }

  /** See choose.ts. */
  misleading(run: StoredRun, submission: Submission, point: ResumePoint | null): Promise<string[]> {
    return this.#inTurn(run.id, () => misleading(point, this.#past(run.id, submission), this.ports.inspect));
  }

  async gain(attempt: StoredAttempt): Promise<Gain> {
    const submission = this.ports.submission(attempt.runId);
    if (submission === null) return { progressed: false };
    const past = this.#past(attempt.runId, submission);
    const { runDir, number } = attempt;
    if (placeNamed(submission) === null && (await isUntouched(runDir, number, past.curves)))
      return { progressed: false };
    return gainOf(attempt, past, this.ports.inspect);
  }

  /** The attempt of a run has ended: nothing is spoken for any more. `watched`: it was there long enough to be. */
  async ended(runId: number, watched: boolean): Promise<void> {
    this.#spoken.delete(runId);
    // Of a short one it is found out when somebody asks.
    if (watched || this.ports.retention() !== null) await this.look(runId);
  }

  /**
   * Finds what is new, reads it whole, writes down what it found, removes what retention lets go. Whether something is
   * still being written, so that somebody has to look again.
   */
  look(runId: number): Promise<{ unsettled: boolean }> {
    return this.#inTurn(runId, async () => {
      const run = this.ports.run(runId);
      const submission = this.ports.submission(runId);
      if (run === null || submission === null) return { unsettled: false };
      const settled = 'live' in run ? this.ports.now() - SETTLED_MS : Number.POSITIVE_INFINITY;
      const all = await this.#candidates(runId, submission, settled);
      await this.#record(runId, await this.#read(runId, all), gone(this.ports.known(runId), all));
      await this.#retain(run, all, await this.#around(run, submission, all, settled));
      return { unsettled: all.some(({ writtenAt, missing }) => missing !== null && writtenAt > settled) };
    });
  }

  /** What there is now, the newest first. `verify`: what nobody has read whole yet is read. */
  list(run: StoredRun, submission: Submission, verify: boolean): Promise<Listed[]> {
    return this.#inTurn(run.id, async () => {
      const settled = 'live' in run ? this.ports.now() - SETTLED_MS : Number.POSITIVE_INFINITY;
      const all = await this.#candidates(run.id, submission, settled);
      if (verify) await this.#record(run.id, await this.#read(run.id, all));
      const around = await this.#around(run, submission, all, settled);
      return listing(all, this.ports.known(run.id), this.ports.retention(), around);
    });
  }

  /** One complete and whole checkpoint of a run: `best`, a step or a path. @throws UserError not_found */
  async choose(run: StoredRun, submission: Submission, what: string): Promise<Candidate> {
    return this.#inTurn(run.id, async () => {
      const past = this.#past(run.id, submission);
      for (const choice of choices(what, lineOf(run, 'live' in run))) {
        const { judged } = await nextResumePoint(choice, past, this.ports.inspect);
        await this.#record(run.id, judged);
        const sound = judged.find(({ why }) => why === null);
        if (sound !== undefined) return sound.candidate;
      }
      throw new UserError(
        'not_found',
        `run ${run.id} has no complete checkpoint`,
        `expctl checkpoints ${run.id} lists what there is`,
      );
    });
  }

  /** One complete and whole checkpoint, whoever wrote it. `path`: absolute. @throws UserError not_found */
  async at(path: string): Promise<Candidate> {
    const nobody: Past = { attempts: [], submission: { cwd: '/', resumeArg: null } };
    const { judged } = await nextResumePoint({ from: 'chosen', what: path }, nobody, this.ports.inspect);
    return judged.find(({ why }) => why === null)!.candidate;
  }

  #candidates = (runId: number, submission: Submission, settled: number, since = 1): Promise<Candidate[]> =>
    candidatesOf(this.#past(runId, submission), since, this.ports.inspect, settled);

  #past(runId: number, submission: Submission): Past {
    const run = this.ports.run(runId);
    const curves = run === null ? null : tensorboardDir(run.project, run.experimentId);
    return { attempts: this.ports.attempts(runId), submission, curves };
  }

  /** Reads whole what is complete and has not been read since it was written; the newest first. */
  async #read(runId: number, all: readonly Candidate[]): Promise<Judged[]> {
    const known = new Map(this.ports.known(runId).map((one) => [one.path, one]));
    const judged: Judged[] = [];
    for (const candidate of newestFirst(all).filter(({ missing }) => missing === null)) {
      const fact = known.get(candidate.path);
      if (fact !== undefined && isSame(fact, candidate) && fact.damage !== null) continue;
      const { why, step } = await this.ports.inspect('verify', candidate);
      judged.push({ candidate: { ...candidate, step }, why });
      if (why !== null)
        this.ports.log.warn({ event: 'checkpoint_damaged', runId, path: candidate.path, why });
    }
    return judged;
  }

  async #record(runId: number, judged: readonly Judged[], gone: readonly string[] = []): Promise<void> {
    if (judged.length === 0 && gone.length === 0) return;
    await this.ports.record(
      runId,
      judged.map(({ candidate, why }) => seen(candidate, why ?? '')),
      gone,
    );
  }

  async #retain(run: StoredRun, all: readonly Candidate[], around: Around): Promise<void> {
    const rules = this.ports.retention();
    if (rules === null) return;
    const why = keptWhy(all, rules, standingOf(all, this.ports.known(run.id), around));
    const paths = [...why].filter(([, reasons]) => reasons.length === 0).map(([{ path }]) => path);
    if (paths.length === 0) return;
    const removed = await this.ports.inspect('discard', { paths });
    this.ports.log.info({ event: 'checkpoints_removed', runId: run.id, paths: removed });
    await this.ports.record(run.id, [], removed);
  }

  async #around(
    run: StoredRun,
    submission: Submission,
    all: readonly Candidate[],
    settled: number,
  ): Promise<Around> {
    const spoken = this.#spoken.get(run.id);
    const resumed = 'live' in run ? run.live.resumedFrom : null;
    const { since, base } = lineOf(run, 'live' in run);
    const ofLine = since === 1 ? all : await this.#candidates(run.id, submission, settled, since);
    return {
      metric: submission.checkpoints?.metric ?? null,
      line: new Set(ofLine.map(({ path }) => path)),
      base,
      inUse: new Set([spoken, resumed].filter((path) => typeof path === 'string')),
      neededBy: (path: string) => this.ports.cameFrom(path, run.id),
    };
  }

  #inTurn<T>(runId: number, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(runId) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(runId, settled);
    void settled.then(() => {
      if (this.#turns.get(runId) === settled) this.#turns.delete(runId);
    });
    return mine;
  }
}

/** The newest is of the newest line, where that has one. */
const choices = (what: string, { since }: Line): ResumeChoice[] =>
  what === '' ? [{ from: 'newest', since }, { from: 'newest' }] : [{ from: 'chosen', what }];

/** What was known and does not lie there any more; a pin waits for it. */
const gone = (known: readonly StoredCheckpoint[], all: readonly Candidate[]): string[] => {
  const there = new Set(all.map(({ path }) => path));
  return known.filter(({ path, pinned }) => !pinned && !there.has(path)).map(({ path }) => path);
};

/** `damage`: null: not read whole. */
export const seen = (candidate: Candidate, damage: string | null): SeenCheckpoint => ({
  path: candidate.path,
  attempt: candidate.of?.attempt ?? 0,
  stack: candidate.preset,
  step: candidate.step,
  bytes: candidate.bytes,
  writtenAt: candidate.writtenAt,
  metrics: candidate.metrics,
  damage,
});
