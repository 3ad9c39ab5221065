import type {
  Submission as Asked,
  SubmitResult,
  SweepHeader,
  Sweep as SweepView,
} from '../../gen/expd/v1/runs.js';
import { UserError, type UserErrorCode } from '../errors.js';
import type { Command, NewRun, NewSweep, Result } from '../queue/commands.js';
import { type BadJob, badJobs } from '../queue/refusal.js';
import { jobExperiment } from '../run/experiment.js';
import { type Chosen, refusedExperiments } from './experiments.js';
import {
  checkedExperiment,
  checkedFailures,
  checkedKey,
  checkedName,
  checkedParallel,
  checkedPath,
} from './limits.js';
import type { Preparation, Prepared } from './preparation.js';
import { decided, succeeded } from './results.js';
import { inSlices } from './slices.js';
import type { SubmitPorts } from './submit.js';
import { sweepView } from './sweep-view.js';
import { ulid } from './ulid.js';
import { runView } from './view.js';

const LONGEST_AXES = 1000;
/** Of all jobs together: each is looked up in its commit. */
const MOST_DEPENDENCIES = 100_000;
/** Of what is stored for all jobs of one sweep: it is in memory until its commit. */
const LARGEST_SWEEP = 256 * 1024 * 1024;

/** The jobs of one sweep: gathered to the end of the call, then all of them durable in one commit, or none. */
export class GatheredSweep {
  readonly #jobs: Prepared[] = [];
  readonly #bad: BadJob<UserErrorCode>[] = [];
  #asked = 0;
  #bytes = 0;

  constructor(
    private readonly ports: SubmitPorts,
    private readonly requestId: string,
    private readonly header: SweepHeader,
    private readonly preparation: Preparation,
  ) {}

  async add(submissions: readonly Asked[]): Promise<void> {
    const { sweepLimit } = this.ports.defaults();
    if (this.#asked + submissions.length > sweepLimit)
      throw usage(`the sweep has more than ${sweepLimit} jobs`, 'the setting sweep_limit allows more');
    await inSlices(submissions, async (asked) => {
      const number = this.#asked++;
      try {
        if (asked.key !== '') throw usage('a job of a sweep has no key of its own', 'the sweep has one');
        const job = await this.preparation.run(asked);
        this.#bytes += job.run.spec.text.length;
        this.#jobs.push(job);
      } catch (err) {
        this.#refuse(number, asked.configuration?.overrides ?? [], err);
      }
    });
    const waits = this.#jobs.reduce((sum, { run }) => sum + run.after.length, 0);
    if (waits > MOST_DEPENDENCIES)
      throw usage(
        `the jobs of the sweep wait for ${waits} runs together, at most ${MOST_DEPENDENCIES} go`,
        'let one run wait, and the sweep for that',
      );
    if (this.#bytes > LARGEST_SWEEP)
      throw usage(`the jobs of the sweep take more than ${LARGEST_SWEEP} bytes together`, 'make several');
  }

  async answer(): Promise<{ results: SubmitResult[]; sweep: SweepView }> {
    const command = await this.#command().catch((err: unknown) => decided(null, err));
    const requestId = this.requestId === '' ? null : `${this.requestId}/sweep`;
    const results = await this.ports.queue.execute({ requestId, commands: [command] });
    return sweepAnswer(this.ports, results, this.#jobs);
  }

  take = (blobs: readonly Uint8Array[]): void => this.preparation.contents.take(blobs);

  release = (): Promise<void> => this.preparation.release();

  async #command(): Promise<Command> {
    const [first] = this.#jobs;
    this.#refuseBad();
    if (first === undefined) throw usage('the sweep has no jobs');
    const { project } = first.run;
    for (const [number, { run }] of this.#jobs.entries())
      if (run.project !== project)
        this.#refuse(number, run.overrides, usage('it is of another project than the first job'));
    const jobs = this.#jobs.map(({ run }) => run);
    const sweep = await this.#sweep(first.run);
    const chosen = this.#chosen(sweep, jobs);
    const refused = await refusedExperiments(chosen, this.ports.experiments);
    for (const [number, run] of jobs.entries()) {
      const error = refused.get(run);
      if (error !== undefined) this.#refuse(number, run.overrides, error);
    }
    this.#refuseBad();
    return { do: 'submitSweep', sweep, jobs };
  }

  async #sweep(first: NewRun): Promise<NewSweep> {
    const { name, key, missing, maxParallel, holdAfterFailures, axes, multirunYaml, dir } = this.header;
    return {
      ulid: ulid(this.ports.clock.now()),
      name: name === '' ? first.name : checkedName(name),
      key: key === '' ? null : checkedKey(key),
      missing,
      project: first.project,
      maxParallel: checkedParallel(maxParallel),
      holdAfterFailures: checkedFailures(holdAfterFailures),
      axes: axes.replace(/\p{Cc}/gu, ' ').slice(0, LONGEST_AXES),
      multirunSha:
        multirunYaml === '' ? null : await this.preparation.contents.add(Buffer.from(multirunYaml)),
      ownDir: dir === '' ? null : checkedPath(dir, 'directory of the sweep'),
      experimentId: checkedExperiment(this.header.experimentId),
    };
  }

  /** Jobs that are to be made and whose experiment id somebody chose. The queue numbers them in the same way. */
  #chosen({ key, experimentId }: NewSweep, jobs: readonly NewRun[]): Chosen[] {
    const known = key === null ? null : this.ports.reads.sweepByKey(key);
    const there = new Set(
      known === null
        ? []
        : this.ports.reads.jobsOf(known.id).map(({ overrides }) => JSON.stringify(overrides)),
    );
    const made = jobs.filter(({ overrides }) => known === null || !there.has(JSON.stringify(overrides)));
    return made.flatMap((run, n): Chosen[] => {
      const number = (known?.made ?? 0) + n;
      const ofSweep = experimentId === null ? null : jobExperiment(experimentId, number);
      const chosen = run.experimentId ?? ofSweep;
      return chosen === null ? [] : [{ run, experimentId: chosen }];
    });
  }

  /** Rethrows what is no refusal. */
  #refuse(number: number, overrides: readonly string[], err: unknown): void {
    if (!(err instanceof UserError)) throw err;
    const { code, message, hint } = err;
    this.#bad.push({ number, overrides, code, message, hint });
  }

  #refuseBad(): void {
    const [first, ...others] = this.#bad;
    if (first === undefined) return;
    const { code, message, hint } = badJobs([first, ...others], this.#asked);
    throw new UserError(code, message, hint);
  }
}

/** What became of a sweep; throws the refusal. `prepared`: what is to be said of each, in the order of its command. */
export async function sweepAnswer(
  { reads, reasons }: Pick<SubmitPorts, 'reads' | 'reasons'>,
  results: readonly Result[],
  prepared: readonly Pick<Prepared, 'warnings'>[],
): Promise<{ results: SubmitResult[]; sweep: SweepView }> {
  succeeded(results);
  const [result] = results;
  if (!result?.ok || result.sweep === undefined) throw new Error('a sweep was answered without its jobs');
  const { id, jobs } = result.sweep;
  const runs = new Map(reads.jobsOf(id).map((run) => [run.id, run]));
  const views = await inSlices(jobs, ({ runId, existing }, n): SubmitResult => {
    const run = runs.get(runId);
    return {
      run: run === undefined ? undefined : runView(run, reasons),
      existing,
      error: undefined,
      warnings: prepared[n]?.warnings ?? [],
    };
  });
  return { results: views, sweep: sweepView(reads, id) };
}

const usage = (message: string, hint = ''): UserError => new UserError('usage', message, hint);
