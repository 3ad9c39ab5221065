import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { CodeState, Submission } from '../run/submission.js';
import type { StoredAttempt, StoredRun } from '../store/stored.js';
import type { ContentStore } from './content.js';
import { completeMetadata } from './discover.js';
import type { Environments } from './environment.js';
import type { Look } from './look.js';
import { runPaths } from './paths.js';
import { readRegular } from './publish.js';
import { type RecordedAttempt, recordEnd, recordStart } from './record.js';
import { Rounds } from './rounds.js';
import type { Scribe } from './scribe.js';
import { StepFailed } from './steps.js';
import type { SweepIndex } from './sweep-index.js';

/** Until a full disk is tried again. */
const AGAIN_MS = 10_000;

export interface ChroniclePorts {
  clock: Clock;
  log: Log;
  scribe: Scribe;
  environments: Pick<Environments, 'load'>;
  diffs: Pick<ContentStore, 'load'>;
  sweepIndex: SweepIndex;
  submission(runId: number): Submission | null;
  code(runId: number): CodeState | null;
}

/**
 * Keeps the records in an attempt's run directory in step with what happens to it. They are for people and
 * other tools: nothing of ours depends on them, and what cannot be written is logged and left.
 */
export class Chronicle {
  /** What is being gathered, by attempt id. */
  readonly #gathering = new Map<string, Promise<void>>();

  /** Ends that a full disk did not take, by run. */
  readonly #late = new Map<number, StoredAttempt>();
  readonly #rounds: Rounds;

  constructor(private readonly ports: ChroniclePorts) {
    this.#rounds = new Rounds(ports.clock);
  }

  /** The command runs; also gathers, in the background, what takes long to find out. */
  started(attempt: StoredAttempt, run: StoredRun): Promise<void> {
    this.#late.delete(run.id); // of a run the newest word counts
    return this.#gather(attempt, this.#started(attempt, run));
  }

  async #gather({ id }: StoredAttempt, work: Promise<void>): Promise<void> {
    const all = Promise.all([this.#gathering.get(id), work]).then(() => {
      if (this.#gathering.get(id) === all) this.#gathering.delete(id);
    });
    this.#gathering.set(id, all);
    return all;
  }

  async #started(attempt: StoredAttempt, run: StoredRun): Promise<void> {
    const submission = this.ports.submission(run.id);
    if (submission === null || attempt.runDir === '') return;
    await this.#attempting('record_start', attempt, () =>
      recordStart(this.ports.scribe, recorded(attempt, run, submission)),
    );
    await this.#pointed(attempt, run, submission);
    await this.#complete(attempt, run, submission);
  }

  /** Another daemon saw the start; that daemon may have ended before it had found everything out. */
  adopted(attempt: StoredAttempt, run: StoredRun): Promise<void> {
    return this.#gather(attempt, this.#adopted(attempt, run));
  }

  async #adopted(attempt: StoredAttempt, run: StoredRun): Promise<void> {
    const submission = this.ports.submission(run.id);
    if (submission === null || attempt.runDir === '') return;
    await this.#pointed(attempt, run, submission);
    const { complete } = await metadataOf(attempt.runDir, attempt.number);
    if (complete === false) await this.#complete(attempt, run, submission);
  }

  async #pointed(attempt: StoredAttempt, run: StoredRun, { umask }: Submission): Promise<void> {
    if (run.job === null) return;
    await this.#attempting('sweep_pointer', attempt, () => this.ports.sweepIndex.point(run));
    this.ports.sweepIndex.touch(run.job.sweep, umask);
  }

  async #complete(attempt: StoredAttempt, run: StoredRun, submission: Submission): Promise<void> {
    await this.#rounds.ask((look) =>
      this.#attempting('complete_metadata', attempt, () => this.#discover(attempt, run, submission, look)),
    );
  }

  async #discover(attempt: StoredAttempt, run: StoredRun, submission: Submission, look: Look): Promise<void> {
    const { clock, diffs, environments, scribe } = this.ports;
    const environment = await environments.load(submission.envSha);
    const { argv, cwd, project, topLevel, umask } = submission;
    const of = {
      runDir: attempt.runDir,
      attempt: attempt.number,
      topLevel,
      umask,
      command: { argv, cwd, environment },
      project,
      code: this.ports.code(run.id),
      submittedAt: run.submittedAt,
    };
    await completeMetadata(scribe, of, diffs, look, clock.now());
  }

  /**
   * The end is committed. Said again after a crash, it leaves the same files. Resolves when nothing more is
   * written for the attempt: from then on a crash leaves no torn file.
   */
  async ended(attempt: StoredAttempt, run: StoredRun): Promise<void> {
    await this.#ended(attempt, run);
    await this.#gathering.get(attempt.id);
  }

  async #ended(attempt: StoredAttempt, run: StoredRun): Promise<void> {
    const submission = this.ports.submission(run.id);
    const { outcome, endedAt, runDir } = attempt;
    if (submission === null || runDir === '' || outcome === null || endedAt === null) return;
    await this.#attempting('record_end', attempt, () =>
      recordEnd(this.ports.scribe, recorded(attempt, run, submission), outcome, endedAt).catch((err) => {
        if (isFull(err)) this.#again(attempt, run);
        throw err;
      }),
    );
    if (run.job !== null) this.ports.sweepIndex.touch(run.job.sweep, submission.umask);
  }

  /** Full disks end runs: that this one has ended is written as soon as there is room, while this daemon lives. */
  #again(attempt: StoredAttempt, run: StoredRun): void {
    const { clock } = this.ports;
    this.#late.set(run.id, attempt);
    clock.at(clock.now() + AGAIN_MS, () => {
      if (this.#late.get(run.id) !== attempt) return;
      this.#late.delete(run.id);
      void this.#ended(attempt, run);
    });
  }

  /** What is to be said of a run beside its state. */
  async remarks(run: StoredRun): Promise<string[]> {
    const code = this.ports.code(run.id);
    const remarks = code !== null && !code.known ? [`code state unknown: ${code.why}`] : [];
    const { code: changed, config } = await changesSinceSubmission(run);
    if (changed.length > 0)
      remarks.push(
        `code changed since submission: ${changed.length} file${changed.length > 1 ? 's' : ''} (${few(changed)})`,
      );
    if (config.length > 0) remarks.push(`configuration changed since submission: ${few(config)}`);
    return remarks;
  }

  async #attempting(
    what: string,
    { id, runId, number }: StoredAttempt,
    work: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await work();
    } catch (err) {
      this.ports.log.warn({ event: 'rundir_not_written', what, runId, attempt: number, attemptId: id, err });
    }
  }
}

const isFull = (err: unknown): boolean =>
  err instanceof StepFailed && (err.code === 'ENOSPC' || err.code === 'EDQUOT');

const recorded = (
  attempt: StoredAttempt,
  run: StoredRun,
  { topLevel, umask, project }: Submission,
): RecordedAttempt => ({
  runDir: attempt.runDir,
  attempt: attempt.number,
  topLevel,
  umask,
  runId: run.id,
  ulid: run.ulid,
  name: run.name,
  experimentId: run.experimentId,
  project,
  log: attempt.log,
  errorLog: attempt.errorLog,
  startedAt: attempt.startedAt ?? attempt.claimedAt,
});

async function changesSinceSubmission(run: StoredRun): Promise<{ code: string[]; config: string[] }> {
  if (!run.runDir) return { code: [], config: [] };
  const metadata = await metadataOf(run.runDir, run.attempt);
  const { code_changed_since_submission: code, config_changed_since_submission: config } = metadata;
  return {
    code: Array.isArray(code) ? code.filter((file) => typeof file === 'string') : [],
    config: Array.isArray(config) ? config.map(keyOf).filter((key) => key !== '') : [],
  };
}

const keyOf = (change: unknown): string =>
  typeof change === 'object' && change !== null && 'key' in change ? String(change.key) : '';

/** Empty where the run overwrote it. */
async function metadataOf(runDir: string, attempt: number): Promise<Record<string, unknown>> {
  const text = await readRegular(join(runPaths(runDir, attempt, false).records, 'metadata.json')).catch(
    () => null,
  );
  try {
    const parsed: unknown = JSON.parse(text?.toString() ?? '{}');
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

const few = (files: string[]): string => files.slice(0, 3).join(', ') + (files.length > 3 ? ', …' : '');
