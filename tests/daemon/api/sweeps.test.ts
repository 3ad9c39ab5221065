import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ActResponse,
  Configuration,
  DependencyKind,
  EditRequest,
  ExistingExperiment,
  type GetResponse,
  ListRequest,
  type ListResponse,
  RemoveRequest,
  type RemoveResponse,
  RerunRequest,
  RetryRequest,
  RunState,
  type Submission,
  type SubmitResponse,
  type Sweep,
} from '../../../src/gen/expd/v1/runs.js';
import { failure } from '../../helpers/store.js';
import { answer, collected, of, Served } from './served.js';

let served: Served;
beforeAll(async () => {
  served = await Served.open();
});
afterAll(() => served.close());
beforeEach(() => {
  served.batches = [];
});

const overrides = (...words: string[]): Configuration => of(Configuration, { overrides: words });
const jobs = (count: number, changes: Partial<Submission> = {}): Partial<Submission>[] =>
  Array.from({ length: count }, (_, n) => ({
    argv: ['true', `lr=${n}`],
    configuration: overrides(`lr=${n}`),
    ...changes,
  }));
const get = (run: string): Promise<GetResponse> =>
  answer((done) => served.runs.get({ run, logLines: 0 }, done));
const list = (changes: Partial<ListRequest>): Promise<ListResponse> =>
  answer((done) => served.runs.list(of(ListRequest, changes), done));
const edit = (changes: Partial<EditRequest>): Promise<ActResponse> =>
  answer((done) => served.runs.edit(of(EditRequest, changes), done));
const remove = (changes: Partial<RemoveRequest>): Promise<RemoveResponse> =>
  answer((done) => served.runs.remove(of(RemoveRequest, changes), done));
const retry = (changes: Partial<RetryRequest>): Promise<ActResponse> =>
  answer((done) => served.runs.retry(of(RetryRequest, changes), done));
const ids = ({ results }: SubmitResponse): number[] => results.map(({ run }) => run!.id);
const counts = (sweep: Sweep | undefined) =>
  Object.fromEntries(
    (sweep?.states ?? []).map(({ state, count }) => [RunState[state].slice('RUN_STATE_'.length), count]),
  );
const outcomes = ({ results }: ActResponse) =>
  results.map(({ run, error }) => error?.message ?? [run?.job, RunState[run!.state].slice(10)]);

describe('submitting', () => {
  test('a sweep of several batches is one commit, and answered with its jobs', async () => {
    const header = { name: 'grid', axes: 'lr × seed', maxParallel: 3, holdAfterFailures: 2, key: 'grid' };
    const answered = await served.submitSweep(jobs(250), header, { perBatch: 40 });
    expect(served.batches).toHaveLength(1);
    expect(answered.results.map(({ run, existing }) => [run!.job, run!.overrides, existing])).toEqual(
      Array.from({ length: 250 }, (_, n) => [n, [`lr=${n}`], false]),
    );
    const { sweep } = answered;
    expect(sweep).toMatchObject({ ...header, jobs: 250, project: served.dir, dir: '', endedAtMs: 0 });
    expect(sweep!.firstRunId).toBe(answered.results[0]!.run!.id);
    expect(counts(sweep)).toEqual({ QUEUED: 250 });
    expect(answered.results[7]!.run).toMatchObject({
      name: 'true',
      sweepId: sweep!.id,
      experimentId: `grid-s${sweep!.id}_job7`,
    });
  });

  test('a repeated request answers the same, whole, and queues nothing', async () => {
    const requestId = randomUUID();
    const first = await served.submitSweep(jobs(3), {}, { requestId });
    const again = await served.submitSweep(jobs(3), {}, { requestId });
    expect(ids(again)).toEqual(ids(first));
    expect(again.sweep!.id).toBe(first.sweep!.id);
    const refused = [{ argv: [''] }];
    const wrong = randomUUID();
    const message = await served
      .submitSweep(refused, {}, { requestId: wrong })
      .catch((error: Error) => error.message);
    await expect(served.submitSweep(jobs(1), {}, { requestId: wrong })).rejects.toThrow(String(message));
  });

  test('the same key adds nothing; --missing adds what is not there', async () => {
    const first = await served.submitSweep(jobs(3), { key: 'again' });
    const again = await served.submitSweep(jobs(3), { key: 'again' });
    expect(again.results.map(({ existing }) => existing)).toEqual([true, true, true]);
    expect(again.sweep!.id).toBe(first.sweep!.id);
    await expect(served.submitSweep(jobs(5), { key: 'again' })).rejects.toMatchObject({
      detail: { code: 'key_conflict', message: expect.stringContaining('(lr=3), (lr=4)') },
    });
    const more = await served.submitSweep(jobs(5), { key: 'again', missing: true });
    expect(more.results.map(({ run, existing }) => [run!.job, existing])).toEqual([
      [0, true],
      [1, true],
      [2, true],
      [3, false],
      [4, false],
    ]);
    expect(more.sweep!.jobs).toBe(5);
  });

  test('bad jobs are named, all of them, and nothing is queued', async () => {
    const some = jobs(997);
    some[996] = { ...some[996]!, cwd: 'relative' };
    for (let n = 0; n < 24; n++) some[n * 10] = { ...some[n * 10]!, priority: 900 };
    const before = await list({ pageSize: 1 });
    const error = await served.submitSweep(some).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 3, detail: { code: 'usage' } });
    const { message } = error as Error;
    expect(message).toMatch(
      /25 of 997 jobs cannot be queued, so none is: job 0 \(lr=0\): the priority is 900/,
    );
    expect(message).toMatch(/job 190 .*; and 5 more$/);
    expect((await list({ pageSize: 1 })).runs[0]!.id).toBe(before.runs[0]!.id);
    await expect(
      served.submitSweep([...jobs(2), { cwd: 'x', configuration: overrides('api_key=abc') }]),
    ).rejects.toThrow(/1 of 3 jobs .*: job 2 \(api_key=<redacted>\): the working directory/);
  });

  test.each<[string, Partial<Submission>[], object, RegExp]>([
    ['no jobs', [], {}, /the sweep has no jobs/],
    ['too many', jobs(1001), {}, /more than 1000 jobs/],
    ['a key in a job', [{ key: 'k' }], {}, /job 0: a job of a sweep has no key/],
    ['two projects', [{}, { project: '/elsewhere' }], {}, /job 1: it is of another project/],
    ['a bad name', [{}], { name: '7' }, /is a number/],
    ['a relative directory', [{}], { dir: 'x' }, /directory of the sweep "x" is not an absolute path/],
    ['a negative limit', [{}], { maxParallel: -1 }, /jobs at a time is -1/],
    ['a bad experiment', [{}], { experimentId: '../x' }, /experiment id "..\/x"/],
    ['an unknown group in one', [{}, { group: 'nobody' }], {}, /job 1: there is no group nobody/],
  ])('%s: refused', async (_, submissions, header, message) => {
    await expect(served.submitSweep(submissions, header)).rejects.toThrow(message);
  });

  test('the jobs share one drawn seed, to which each adds its number', async () => {
    const [one, two] = ids(await served.submitSweep(jobs(2)));
    const seeds = await Promise.all([one, two].map(async (id) => (await get(String(id))).submission!.seed));
    expect(seeds[0]).toBe(seeds[1]);
    const asked = ids(await served.submitSweep(jobs(1, { seed: 5 })));
    expect((await get(String(asked[0]))).submission!.seed).toBe(5);
  });

  test('a name like a sweep is refused', async () => {
    const { results } = await served.submit([{ name: 's4' }, { name: 's4.2' }, { name: 's4x' }]);
    expect(results.map(({ error }) => error?.message.replace(/.*would be/, ''))).toEqual([
      ' taken for a sweep, or for a job of one',
      ' taken for a sweep, or for a job of one',
      undefined,
    ]);
  });
});

describe('verbs on a sweep', () => {
  /** Of six jobs the first has succeeded, the second failed, the third runs, the last is held. */
  async function mixed(header: object = {}) {
    const { sweep, results } = await served.submitSweep(jobs(6), header);
    const runs = results.map(({ run }) => run!.id);
    await served.start(runs[0]!);
    await served.end(runs[0]!);
    await served.start(runs[1]!);
    await served.end(runs[1]!, failure);
    await served.start(runs[2]!);
    await served.act('hold', [String(runs[5])]);
    return { name: `s${sweep!.id}`, id: sweep!.id, runs };
  }

  test('act on the jobs that they mean, and answer the sweep as it is then', async () => {
    const { name, id } = await mixed();
    const held = await served.act('hold', [name]);
    expect(outcomes(held)).toEqual([
      [3, 'HELD'],
      [4, 'HELD'],
    ]);
    expect(held.sweeps).toMatchObject([{ id, jobs: 6 }]);
    expect(counts(held.sweeps[0])).toEqual({ SUCCEEDED: 1, FAILED: 1, RUNNING: 1, HELD: 3 });
    expect(outcomes(await served.act('hold', [name]))).toEqual([`no job of sweep ${name} can be held`]);
    expect(outcomes(await served.act('release', [`${name}.3-4`]))).toEqual([
      [3, 'QUEUED'],
      [4, 'QUEUED'],
    ]);
    expect(outcomes(await served.act('pause', [name]))).toEqual([[2, 'RUNNING']]);
    expect(outcomes(await served.act('release', [name]))).toEqual([
      [2, 'RUNNING'],
      [5, 'QUEUED'],
    ]);
    const cancelled = await served.act('cancel', [name]);
    expect(outcomes(cancelled)).toEqual([
      [2, 'STOPPING'],
      [3, 'CANCELLED'],
      [4, 'CANCELLED'],
      [5, 'CANCELLED'],
    ]);
  });

  test('a job that is named itself is told why it cannot be', async () => {
    const { name, runs } = await mixed();
    const { results } = await served.act('cancel', [`${name}.0`, name]);
    expect(results[0]!.error).toMatchObject({
      message: `run ${runs[0]} has succeeded: it cannot be stopped`,
    });
    expect(results.slice(1).every(({ error }) => error === undefined)).toBe(true);
  });

  test('a job that moves on while the call is made is none of those that were meant, unless it was named', async () => {
    const { name, runs } = await mixed();
    const started = async (id: number): Promise<void> => {
      served.meanwhile = async () => {
        served.meanwhile = async () => {};
        await served.start(id);
      };
    };
    await started(runs[3]!);
    expect(outcomes(await served.act('hold', [name]))).toEqual([[4, 'HELD']]);
    await served.act('release', [name]);
    await started(runs[4]!);
    expect(outcomes(await served.act('hold', [`${name}.4`]))).toEqual([
      expect.stringContaining(`run ${runs[4]} is running`),
    ]);
  });

  test('mixed with runs by themselves, in one transaction', async () => {
    const { name } = await mixed();
    const alone = await served.submitted();
    served.batches = [];
    const { results } = await served.act('cancel', [`${alone},${name}.3-4`]);
    expect(results.map(({ run }) => run!.job)).toEqual([0, 3, 4]);
    expect(served.batches).toHaveLength(1);
  });

  test('retry: all that can be, or with failedOnly the failed ones, which none need be', async () => {
    const { name } = await mixed();
    await served.act('cancel', [`${name}.3`]);
    expect(outcomes(await retry({ runs: [name, '999999'], failedOnly: true }))).toEqual([
      [1, 'QUEUED'],
      'there is no run 999999',
    ]);
    expect((await retry({ runs: [name], failedOnly: true })).results).toEqual([]);
    expect(outcomes(await retry({ runs: [name] }))).toEqual([[3, 'QUEUED']]);
    expect(outcomes(await retry({ runs: [name] }))).toEqual([`no job of sweep ${name} can be retried`]);
  });

  test('edit: labels of all jobs, limits of what is not over, and rules of the sweep', async () => {
    const { name, id } = await mixed();
    const tagged = await edit({ runs: [name], addTags: ['x'] });
    // One of them has failed, which is a tag of its own.
    expect(tagged.results.map(({ run }) => run!.tags.filter((tag) => tag !== 'failed'))).toEqual(
      Array(6).fill(['x']),
    );
    expect(outcomes(await edit({ runs: [name], priority: 5 })).map(([job]) => job)).toEqual([2, 3, 4, 5]);
    expect(outcomes(await edit({ runs: [name], timeLimitMs: 5000 })).map(([job]) => job)).toEqual([3, 4, 5]);
    served.batches = [];
    const limited = await edit({ runs: [`${name}.0`], maxParallel: 2, holdAfterFailures: 4 });
    expect(limited).toMatchObject({ results: [], sweeps: [{ id, maxParallel: 2, holdAfterFailures: 4 }] });
    expect(served.batches[0]!.commands).toHaveLength(1);
    const alone = await served.submitted();
    expect(await edit({ runs: [`${alone},${name}`], maxParallel: 0 })).toMatchObject({
      results: [{ runId: alone, error: { message: `run ${alone} is not a job of a sweep` } }],
      sweeps: [{ maxParallel: 0, holdAfterFailures: 4 }],
    });
    const both = await edit({ runs: [name], maxParallel: 1, priority: 7 });
    expect(both.results.map(({ run }) => run!.priority)).toEqual([7, 7, 7, 7]);
    expect(both.sweeps).toMatchObject([{ maxParallel: 1 }]);
    const one = await edit({ runs: [`${name}.4`], name: 'lone' });
    expect(one.sweeps).toEqual([]);
    const renamed = await edit({ runs: [name], name: 'better' });
    expect(renamed).toMatchObject({ sweeps: [{ id, name: 'better', maxParallel: 1 }] });
    expect(new Set(renamed.results.map(({ run }) => run!.name))).toEqual(new Set(['better']));
    const over = await mixed();
    await served.act('cancel', [over.name]);
    await served.end(over.runs[2]!);
    expect(await edit({ runs: [over.name], name: 'over' })).toMatchObject({
      results: [],
      sweeps: [{ name: 'over' }],
    });
    const tripped = await edit({ runs: [name], holdAfterFailures: 1 });
    expect(counts(tripped.sweeps[0])).toEqual({ SUCCEEDED: 1, FAILED: 1, RUNNING: 1, HELD: 3 });
  });

  test('rm: whole or not at all', async () => {
    const { name, id, runs } = await mixed();
    expect(await remove({ runs: [name] })).toMatchObject({
      results: [{ error: { message: `4 jobs of sweep ${name} are not over` } }],
    });
    await served.act('cancel', [name]);
    await served.end(runs[2]!);
    expect((await remove({ runs: [`${name}.1-5`], dryRun: true })).sweeps).toEqual([]);
    const { results, sweeps } = await remove({ runs: [name] });
    expect(results.map(({ runId, error }) => [runId, error])).toEqual(runs.map((run) => [run, undefined]));
    expect(results.map(({ sweepId }) => sweepId)).toEqual(runs.map(() => id));
    expect(sweeps).toEqual([{ sweepId: id, paths: [join(served.dir, `sweep-${id}`)] }]);
    expect(await remove({ runs: [name] })).toMatchObject({
      results: [{ error: { message: `there is no sweep ${name}` } }],
    });
  });

  test('wait tells of every job; a watcher hears of the jobs of a sweep', async () => {
    const { sweep, results } = await served.submitSweep(jobs(3));
    const waiting = collected(served.runs.wait({ runs: [`s${sweep!.id}`] }));
    for (const { run } of results) {
      await served.start(run!.id);
      await served.end(run!.id);
    }
    const told = await waiting;
    const final = told.filter(({ run }) => run!.state === RunState.RUN_STATE_SUCCEEDED);
    expect(final.map(({ run }) => run!.job).sort()).toEqual([0, 1, 2]);
  });

  test('what is about one run takes a job, not a sweep', async () => {
    const { name, runs } = await mixed();
    expect((await get(`${name}.4`)).run!.id).toBe(runs[4]);
    await expect(get(name)).rejects.toThrow(/is a sweep, one of its jobs is needed/);
    await expect(get(`${name}.9`)).rejects.toMatchObject({ status: 5 });
  });
});

describe('lists', () => {
  test('a sweep is one line, or opened', async () => {
    const { sweep, results } = await served.submitSweep(jobs(120), { axes: 'lr' });
    const id = sweep!.id;
    const folded = await list({ recent: true, foldSweeps: true });
    expect(folded.runs.some(({ sweepId }) => sweepId !== 0)).toBe(false);
    const line = folded.sweeps.find((one) => one.id === id)!;
    expect(line).toMatchObject({ jobs: 120, axes: 'lr', firstRunId: results[0]!.run!.id });
    const opened = await list({ sweepId: id, pageSize: 100 });
    expect(opened.sweeps).toMatchObject([{ id }]);
    expect(opened.runs.map(({ job }) => job)).toEqual(Array.from({ length: 100 }, (_, n) => 119 - n));
    const rest = await list({ sweepId: id, pageSize: 100, beforeId: opened.nextBeforeId });
    expect(rest.runs.map(({ job }) => job)).toEqual(Array.from({ length: 20 }, (_, n) => 19 - n));
    expect(rest.nextBeforeId).toBe(0);
    await expect(list({ sweepId: 999 })).rejects.toMatchObject({ status: 5, detail: { code: 'not_found' } });
    expect((await list({ runs: [`s${id}.3-4`] })).runs.map(({ job }) => job)).toEqual([4, 3]);
  });
});

describe('experiment ids', () => {
  const keep = (id: string): void => {
    const place = join(served.dir, 'outputs/tensorboard', id);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'events'), '');
  };
  const { EXISTING_EXPERIMENT_CONTINUE: CONTINUE, EXISTING_EXPERIMENT_REPLACE: REPLACE } = ExistingExperiment;

  test('a chosen one that has curves is refused, unless it is said what becomes of them', async () => {
    keep('old');
    mkdirSync(join(served.dir, 'outputs/tensorboard/empty'), { recursive: true });
    const ask = async (
      experimentId: string,
      existingExperiment = ExistingExperiment.EXISTING_EXPERIMENT_UNSPECIFIED,
    ) => {
      const { results } = await served.submit([{ experimentId, existingExperiment }]);
      const [result] = results;
      if (result?.run !== undefined) await served.act('cancel', [String(result.run.id)]);
      return result?.error?.message ?? result?.run?.experimentId;
    };
    expect(await ask('old')).toBe('the experiment old has curves already');
    expect(await ask('old', CONTINUE)).toBe('old');
    expect(await ask('old', REPLACE)).toBe('old');
    expect(await ask('empty')).toBe('empty');
    expect(await ask('new')).toBe('new');
    for (const bad of ['a/b', '.trash', '-x', ' x', 'x\n', 'x'.repeat(300)])
      expect(await ask(bad)).toMatch(/^the experiment id /);
    // Nothing is moved before the run starts.
    expect(readdirSync(join(served.dir, 'outputs/tensorboard/old'))).toEqual(['events']);
  });

  test('a known key is the same run, whatever lies under its experiment by now', async () => {
    const asked = { experimentId: 'keyed', key: 'experiment' };
    const id = await served.submitted(asked);
    keep('keyed');
    expect((await served.submit([asked])).results[0]).toMatchObject({ existing: true, run: { id } });
  });

  test('jobs of a sweep have parts of its id; those that are taken are named', async () => {
    keep('grid_job1');
    await expect(served.submitSweep(jobs(3), { experimentId: 'grid' })).rejects.toThrow(
      /^6: 1 of 3 jobs cannot be queued, so none is: job 1 \(lr=1\): the experiment grid_job1 has curves already$/,
    );
    const made = await served.submitSweep(jobs(3, { existingExperiment: CONTINUE }), {
      experimentId: 'grid',
      key: 'grid of experiments',
    });
    expect(made.results.map(({ run }) => run!.experimentId)).toEqual(['grid_job0', 'grid_job1', 'grid_job2']);
    for (const id of ['grid_job0', 'grid_job3']) keep(id);
    const header = { experimentId: 'grid', key: 'grid of experiments', missing: true };
    await expect(served.submitSweep(jobs(4), header)).rejects.toThrow(/job 3 .*grid_job3 has curves/);
    expect((await served.submitSweep(jobs(3), header)).results.every(({ existing }) => existing)).toBe(true);
  });
});

const rerun = (changes: Partial<RerunRequest>): Promise<SubmitResponse> =>
  answer((done) => served.runs.rerun(of(RerunRequest, changes), done));

test('rerun of a job is a run by itself, with the seed and overrides of the job', async () => {
  const asked = jobs(3, { seed: 10, experimentId: '' });
  const { sweep } = await served.submitSweep(asked, { experimentId: 'rerun' });
  const again = await rerun({ runs: [`s${sweep!.id}.2`] });
  const { run, submission } = await get(String(again.results[0]!.run!.id));
  expect(run).toMatchObject({ sweepId: 0, overrides: ['lr=2'], experimentId: `true-${run!.id}` });
  expect(submission).toMatchObject({ seed: 12, argv: ['true', 'lr=2'] });
});

test('what waits for a sweep waits for each of its jobs', async () => {
  const { sweep, results } = await served.submitSweep(jobs(3));
  const name = `s${sweep!.id}`;
  const kind = DependencyKind.DEPENDENCY_KIND_AFTER_OK;
  const waits = async (run: string): Promise<string[]> => {
    const id = await served.submitted({ after: [{ run, kind }] });
    return (await get(String(id))).submission!.after.map((on) => on.run);
  };
  const ids = results.map(({ run }) => String(run!.id));
  expect(await waits(name)).toEqual(ids);
  expect(await waits(`${name}.1-7`)).toEqual(ids.slice(1));
  expect(await waits(`${name}.2`)).toEqual(ids.slice(2));
  for (const [run, message] of [
    ['s99999', 'there is no sweep s99999'],
    [`${name}.7`, `sweep ${name} has no such job`],
  ] as const)
    expect((await served.submit([{ after: [{ run, kind }] }])).results[0]!.error!.message).toBe(message);
  const many = await served.submitSweep(jobs(400));
  const after = [{ run: `s${many.sweep!.id}`, kind }];
  await expect(served.submitSweep(jobs(300, { after }))).rejects.toThrow(/wait for 120000 runs together/);
});

test('rerun of a sweep is a sweep of what is left of it, each job with the seed that it had', async () => {
  const header = { axes: 'lr', maxParallel: 2, holdAfterFailures: 3, key: 'once', experimentId: 'chosen' };
  const { sweep, results } = await served.submitSweep(jobs(4, { seed: 10 }), header);
  const name = `s${sweep!.id}`;
  await served.act('cancel', [name]);
  await remove({ runs: [`${name}.1`] });
  const requestId = randomUUID();
  served.batches = [];
  const again = await rerun({ requestId, runs: [name] });
  expect(served.batches).toHaveLength(1);
  const id = again.sweep!.id;
  expect(again.sweep).toMatchObject({ axes: 'lr', maxParallel: 2, holdAfterFailures: 3, key: '', jobs: 3 });
  expect(id).toBeGreaterThan(sweep!.id);
  expect(again.results.map(({ run }) => [run!.job, run!.overrides, run!.experimentId])).toEqual([
    [0, ['lr=0'], `true-s${id}_job0`],
    [1, ['lr=2'], `true-s${id}_job1`],
    [2, ['lr=3'], `true-s${id}_job2`],
  ]);
  const seeds = await Promise.all(
    again.results.map(async ({ run }) => (await get(String(run!.id))).submission!.seed! + run!.job),
  );
  expect(seeds).toEqual([10, 12, 13]);
  expect((await rerun({ requestId, runs: [name] })).sweep!.id).toBe(id);
  const beside = await rerun({ runs: [name, String(results[0]!.run!.id)] });
  expect([beside.sweep, beside.results.length]).toEqual([undefined, 3]);
});
