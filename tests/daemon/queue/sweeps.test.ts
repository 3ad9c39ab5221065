import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewRun, NewSweep, Result } from '../../../src/daemon/queue/commands.js';
import type { StoredRun } from '../../../src/daemon/store/stored.js';
import {
  type Changes,
  claimOf,
  endOf,
  failure,
  interruption,
  jobsOf,
  newRun,
  newSweep,
  Store,
  submissionOf,
  success,
  transitionOf,
} from '../../helpers/store.js';

let store: Store;
beforeEach(async () => {
  store = await Store.open({ notify: true });
});
afterEach(() => store.close());

const RATES = [0.1, 0.2, 0.3, 0.4, 0.5];
const submit = async (jobs: readonly NewRun[], changes: Partial<NewSweep> = {}): Promise<Result> =>
  (await store.execute({ do: 'submitSweep', sweep: newSweep(changes), jobs: [...jobs] }))[0]!;
const run = (id: number): StoredRun => store.reader.run(id)!;
const states = (id: number): string[] => store.reader.jobsOf(id).map(({ state }) => state);
/** Claims, starts and ends an attempt. */
async function ends(id: number, outcome = success): Promise<void> {
  const attempt = run(id).attempt + 1;
  await store.ok(claimOf(id, attempt));
  await store.event(id, { kind: 'spawned' });
  await store.ok(endOf(id, attempt, outcome));
}

describe('a sweep', () => {
  test('is stored with its jobs, numbered from 0', async () => {
    const asked = { name: 'grid', axes: 'lr × seed', maxParallel: 2, holdAfterFailures: 3, ownDir: '/own' };
    const { id, runs } = await store.sweep(jobsOf(RATES), { ...asked, multirunSha: 'a'.repeat(64) });
    expect(store.reader.sweep(id)).toEqual({
      ...{ ...asked, id, ulid: expect.any(String), key: null, project: '/home/me/project', dir: null },
      ...{ experimentId: `grid-s${id}`, experimentChosen: false, submittedAt: store.clock.time },
      ...{ made: 5, firstRunId: runs[0], failures: 0, multirunSha: 'a'.repeat(64), endedAt: null },
    });
    expect(store.reader.jobsOf(id)).toMatchObject(
      RATES.map((lr, number) => ({
        id: runs[number],
        job: { sweep: id, number },
        overrides: [`lr=${lr}`],
        experimentId: `grid-s${id}_job${number}`,
        experimentChosen: false,
      })),
    );
    expect(store.reader.sweepCounts(id)).toEqual([{ state: 'queued', count: 5 }]);
    expect(store.reader.configurationsInUse()).toEqual(['a'.repeat(64)]);
    expect(store.reader.jobs(id, 1, 3)).toEqual(runs.slice(1, 4));
  });

  test('is there whole or not at all: one bad job refuses it, and every bad one is named', async () => {
    const jobs = jobsOf(Array.from({ length: 60 }, (_, n) => n));
    for (const [n, job] of jobs.entries()) if (n % 2 === 1) job.group = 'nobody';
    jobs[2]!.after = [{ on: 99, kind: 'afterok' }];
    const before = store.reader.newestSeq();
    const refused = await submit(jobs);
    expect(refused).toMatchObject({ ok: false, code: 'unknown_group', runId: null });
    const { message } = refused as { message: string };
    expect(message).toMatch(
      /^31 of 60 jobs cannot be queued, so none is: job 1 \(lr=1\): there is no group nobody; job 2 \(lr=2\): there is no run 99; job 3 /,
    );
    expect(message).toMatch(/; and 11 more$/);
    expect(store.reader.newestSeq()).toBe(before);
    expect(store.reader.page({ limit: 1 }).runs).toEqual([]);
    expect(store.reader.sweep(1)).toBeNull();
    // Nothing was used up either.
    expect(await store.sweep(jobsOf([1]))).toEqual({ id: 1, runs: [1] });
  });

  test('a repeated request answers the same sweep', async () => {
    const command = { do: 'submitSweep' as const, sweep: newSweep(), jobs: jobsOf(RATES) };
    const first = await store.queue.execute({ requestId: 'r', commands: [command] });
    const again = await store.queue.execute({ requestId: 'r', commands: [command] });
    expect(again).toEqual(first);
    expect(store.reader.sweep(2)).toBeNull();
  });

  test('goes with its last job, and its number is not given again', async () => {
    const { id, runs } = await store.sweep(jobsOf([1, 2]), { key: 'k' });
    for (const runId of runs) await ends(runId);
    await store.ok({ do: 'remove', runId: runs[0]! });
    expect(store.reader.sweep(id)).toMatchObject({ made: 2 });
    await store.ok({ do: 'remove', runId: runs[1]! });
    expect(store.reader.sweep(id)).toBeNull();
    expect(await store.sweep(jobsOf([1]), { key: 'k' })).toMatchObject({ id: id + 1 });
  });

  test('is over when the last job is, and told once each time', async () => {
    const { id, runs } = await store.sweep(jobsOf([1, 2, 3]), { name: 'grid' });
    const told = () =>
      store.reader
        .notificationsAfter(0, 100)
        .flatMap(({ payload }) => (payload.event === 'sweep_done' ? [payload.sweep] : []));
    await ends(runs[0]!);
    await ends(runs[1]!, failure);
    expect(store.reader.sweep(id)).toMatchObject({ endedAt: null });
    expect(told()).toEqual([]);
    store.clock.time += 1000;
    await store.event(runs[2]!, { kind: 'stopRequested', reason: 'cancel' });
    expect(store.reader.sweep(id)).toMatchObject({ endedAt: store.clock.time });
    const done = { id: `s${id}`, name: 'grid', axes: 'lr', jobs: 3, succeeded: 1, failed: 1, cancelled: 1 };
    expect(told()).toMatchObject([done]);
    await store.event(runs[1]!, { kind: 'retried', resume: { from: 'newest' } });
    expect(store.reader.sweep(id)).toMatchObject({ endedAt: null });
    await ends(runs[1]!);
    expect(told()).toMatchObject([done, { ...done, succeeded: 2, failed: 0 }]);
    await store.ok({ do: 'edit', runId: runs[0]!, changes: { note: 'x' } });
    expect(told()).toHaveLength(2);
  });

  test('its directory is recorded with the claim that made it', async () => {
    const { id, runs } = await store.sweep(jobsOf([1]));
    const claim = claimOf(runs[0]!, 1);
    if (claim.do !== 'transition' || claim.facts?.of !== 'claimed') throw new Error('no claim');
    await store.ok({ ...claim, facts: { ...claim.facts, sweepDir: '/p/outputs/multiruns/exp' } });
    expect(store.reader.sweep(id)).toMatchObject({ dir: '/p/outputs/multiruns/exp' });
  });
});

describe('--key', () => {
  test('the same jobs once more add nothing, in whatever order', async () => {
    const { id, runs } = await store.sweep(jobsOf(RATES), { key: 'k' });
    await ends(runs[3]!);
    const again = await submit(jobsOf(RATES.toReversed()), { key: 'k' });
    expect(again).toMatchObject({
      ok: true,
      existing: true,
      sweep: { id, jobs: runs.toReversed().map((runId) => ({ runId, existing: true })) },
    });
    expect(store.reader.sweep(id)).toMatchObject({ made: 5 });
  });

  test('equal jobs are told apart by their number', async () => {
    const { runs } = await store.sweep(jobsOf([1, 1, 2]), { key: 'k' });
    expect(await submit(jobsOf([2, 1, 1]), { key: 'k' })).toMatchObject({
      sweep: { jobs: [{ runId: runs[2] }, { runId: runs[0] }, { runId: runs[1] }] },
    });
    expect(await submit(jobsOf([1, 1, 1]), { key: 'k' })).toMatchObject({ code: 'key_conflict' });
  });

  test.each<[string, readonly NewRun[], Partial<NewSweep>, RegExp, string]>([
    [
      'a job more',
      jobsOf([1, 2, 3, 4]),
      {},
      /has no job \(lr=3\), \(lr=4\)$/,
      '--missing adds what it lacks',
    ],
    ['a job less', jobsOf([1]), {}, /has 1 more job than this one$/, '--missing leaves them alone'],
    [
      'another command',
      jobsOf([1, 2], { submission: submissionOf({ argv: ['python', 'other.py'] }) }),
      {},
      /has the job \(lr=1\) with another command$/,
      'rm s1 first',
    ],
    ['another tag', jobsOf([1, 2], { tags: ['x'] }), { missing: true }, /with another tags$/, 'rm s1 first'],
    ['another limit', jobsOf([1, 2]), { maxParallel: 2 }, /submitted with another max-parallel$/, 'rm s1'],
  ])('%s is refused, and says what differs', async (_, jobs, changes, message, hint) => {
    await store.sweep(jobsOf([1, 2]), { key: 'k' });
    expect(await submit(jobs, { key: 'k', ...changes })).toMatchObject({
      ok: false,
      code: 'key_conflict',
      message: expect.stringMatching(message),
      hint: expect.stringContaining(hint),
    });
    expect(store.reader.sweep(1)).toMatchObject({ made: 2 });
  });

  test('the values of a configuration count, the files that it was composed from do not', async () => {
    const configured = (job: string, treeSha: string): NewRun[] => [
      newRun({
        overrides: ['lr=1'],
        submission: submissionOf({
          configuration: {
            ...{ kind: 'application', overrides: ['lr=1'], hydraOverrides: [], programWords: 2 },
            composed: {
              ...{
                configName: 'config',
                versionBase: '1.3',
                jobName: 'train',
                job,
                treeSha,
                hydraSha: treeSha,
              },
              ...{ runDir: null, pinned: false, holdOnDrift: false },
            },
          },
        }),
      }),
    ];
    const { id } = await store.sweep(configured('{"lr":1}', 'a'), { key: 'k' });
    expect(await submit(configured('{"lr":1}', 'b'), { key: 'k' })).toMatchObject({ sweep: { id } });
    expect(await submit(configured('{"lr":2}', 'a'), { key: 'k' })).toMatchObject({
      message: expect.stringMatching(/with another configuration$/),
    });
  });

  test('--missing adds what is not there, with the next numbers, also after a removal', async () => {
    const { id, runs } = await store.sweep(jobsOf([1, 2, 3]), { key: 'k' });
    for (const runId of runs) await ends(runId);
    expect(store.reader.sweep(id)?.endedAt).not.toBeNull();
    await store.ok({ do: 'remove', runId: runs[1]! });
    const grown = await submit(jobsOf([1, 2, 4]), { key: 'k', missing: true });
    const [, second, third] = grown.ok && grown.sweep ? grown.sweep.jobs : [];
    expect(grown).toMatchObject({
      sweep: { id, jobs: [{ runId: runs[0], existing: true }, { existing: false }, { existing: false }] },
    });
    expect([run(second!.runId), run(third!.runId)]).toMatchObject([
      { job: { sweep: id, number: 3 }, overrides: ['lr=2'], experimentId: `train-s${id}_job3` },
      { job: { sweep: id, number: 4 }, overrides: ['lr=4'] },
    ]);
    expect(store.reader.sweep(id)).toMatchObject({ made: 5, endedAt: null });
    expect(await submit(jobsOf([1, 2, 4]), { key: 'k', missing: true })).toMatchObject({ existing: true });
  });

  test('a key is that of a run or of a sweep', async () => {
    await store.sweep(jobsOf([1]), { key: 'sweep' });
    await store.submit({ key: 'run' });
    expect(await submit(jobsOf([1]), { key: 'run' })).toMatchObject({ code: 'key_conflict' });
    expect((await store.execute({ do: 'submit', run: newRun({ key: 'sweep' }) }))[0]).toMatchObject({
      code: 'key_conflict',
      message: 'key sweep belongs to sweep s1',
    });
  });
});

describe('--hold-after-failures', () => {
  test('the K-th failure holds what is queued, in its own transaction', async () => {
    const { id, runs } = await store.sweep(jobsOf(RATES), { holdAfterFailures: 2 });
    await ends(runs[0]!, failure);
    await store.ok(claimOf(runs[1]!, 1));
    expect(states(id)).toEqual(['failed', 'starting', 'queued', 'queued', 'queued']);
    await store.told();
    const commits: string[][] = [];
    store.queue.onCommit(({ changed }) => commits.push(changed.map((one) => one.state)));
    await store.ok(endOf(runs[1]!, 1, failure));
    await store.told();
    expect(commits).toEqual([['failed', 'held', 'held', 'held']]);
    expect(run(runs[2]!)).toMatchObject({
      why: { code: 'sweep_failures', text: `2 jobs of sweep s${id} have failed` },
    });
    expect(store.reader.history(runs[4]!).at(-1)).toMatchObject({ kind: 'held', state: 'held' });
  });

  test('a failure that is tried again is none yet', async () => {
    const { id, runs } = await store.sweep(jobsOf([1, 2], { retries: 1 }), { holdAfterFailures: 1 });
    await ends(runs[0]!, failure);
    expect(states(id)).toEqual(['queued', 'queued']);
    await ends(runs[0]!, failure);
    expect(states(id)).toEqual(['failed', 'held']);
  });

  test('nothing of a held sweep comes back by itself: not what is interrupted, not what is added', async () => {
    const { id, runs } = await store.sweep(jobsOf(RATES), { holdAfterFailures: 1, key: 'k' });
    await store.ok(claimOf(runs[1]!, 1));
    await store.event(runs[1]!, { kind: 'spawned' });
    await ends(runs[0]!, failure);
    expect(states(id)).toEqual(['failed', 'running', 'held', 'held', 'held']);
    await store.ok(endOf(runs[1]!, 1, interruption));
    expect(states(id)).toEqual(['failed', 'held', 'held', 'held', 'held']);
    await submit(jobsOf([...RATES, 9]), { key: 'k', missing: true, holdAfterFailures: 1 });
    expect(states(id)).toEqual(['failed', 'held', 'held', 'held', 'held', 'held']);
    // A claim that was under way comes too late.
    expect((await store.execute(claimOf(runs[2]!, 1)))[0]).toMatchObject({ code: 'wrong_state' });
  });

  test('who releases lets it go on, to the next K', async () => {
    const { id, runs } = await store.sweep(jobsOf([1, 2, 3, 4, 5, 6]), { holdAfterFailures: 2 });
    for (const runId of runs.slice(0, 2)) await ends(runId, failure);
    await store.execute(...runs.slice(2).map((runId) => transitionOf(runId, { kind: 'released' })));
    expect(store.reader.sweep(id)).toMatchObject({ failures: 0 });
    await ends(runs[2]!, failure);
    expect(states(id)).toEqual(['failed', 'failed', 'failed', 'queued', 'queued', 'queued']);
    await ends(runs[3]!, failure);
    expect(states(id).slice(4)).toEqual(['held', 'held']);
  });

  test('a retry is a way to let it go on, too; a release before the limit forgets nothing', async () => {
    const { id, runs } = await store.sweep(jobsOf(RATES), { holdAfterFailures: 2 });
    await ends(runs[0]!, failure);
    await store.event(runs[4]!, { kind: 'held', why: { code: 'user', text: '' } });
    await store.event(runs[4]!, { kind: 'released' });
    expect(store.reader.sweep(id)).toMatchObject({ failures: 1 });
    await ends(runs[1]!, failure);
    await store.event(runs[1]!, { kind: 'retried', resume: { from: 'newest' } });
    expect(states(id)).toEqual(['failed', 'queued', 'held', 'held', 'held']);
    expect(store.reader.sweep(id)).toMatchObject({ failures: 0 });
  });

  test('edited below what has failed already, it holds at once', async () => {
    const { id, runs } = await store.sweep(jobsOf(RATES));
    await ends(runs[0]!, failure);
    let settings = 0;
    store.queue.onCommit((committed) => {
      if (committed.settings) settings++;
    });
    await store.ok({ do: 'editSweep', sweepId: id, changes: { holdAfterFailures: 1 } });
    await store.told();
    expect(settings).toBe(1);
    expect(states(id)).toEqual(['failed', 'held', 'held', 'held', 'held']);
    expect((await store.execute({ do: 'editSweep', sweepId: 99, changes: {} }))[0]).toMatchObject({
      code: 'not_found',
      message: 'there is no sweep s99',
    });
  });
});

describe('experiment ids', () => {
  const chosen = (experimentId: string, existingExperiment: 'continue' | 'replace' | null = null) => ({
    experimentId,
    submission: submissionOf({ existingExperiment }),
  });

  test('an unfinished run keeps its own: another is refused, unless it goes on with the curves', async () => {
    const id = await store.submit(chosen('base'));
    expect(run(id)).toMatchObject({ experimentId: 'base', experimentChosen: true });
    const ask = async (changes: Changes) => (await store.execute({ do: 'submit', run: newRun(changes) }))[0];
    expect(await ask(chosen('base'))).toMatchObject({
      code: 'experiment_taken',
      message: `the experiment base belongs to run ${id}, which is not over`,
      hint: expect.stringMatching(/^--continue/),
    });
    expect(await ask(chosen('base', 'replace'))).toMatchObject({ code: 'experiment_taken' });
    expect(await ask(chosen('base', 'continue'))).toMatchObject({ ok: true });
    const elsewhere = submissionOf({ project: '/another' });
    expect(await ask({ experimentId: 'base', submission: elsewhere })).toMatchObject({ ok: true });
    await ends(id);
    await ends(id + 1);
    expect(await ask(chosen('base', 'replace'))).toMatchObject({ ok: true });
  });

  test('jobs are numbered below the one of their sweep; their own stay, each once', async () => {
    const { id, runs } = await store.sweep([...jobsOf([1, 2]), newRun({ experimentId: 'mine' })], {
      experimentId: 'grid',
    });
    expect(runs.map((runId) => run(runId).experimentId)).toEqual(['grid_job0', 'grid_job1', 'mine']);
    expect(store.reader.sweep(id)).toMatchObject({ experimentId: 'grid', experimentChosen: true });
    expect(await submit([newRun({ experimentId: 'x' }), newRun({ experimentId: 'x' })])).toMatchObject({
      code: 'experiment_taken',
      message: expect.stringMatching(/job 1: the experiment x is that of job 0$/),
    });
    expect(await submit(jobsOf([3]), { experimentId: 'grid' })).toMatchObject({
      code: 'experiment_taken',
      message: expect.stringMatching(/^job 0 \(lr=3\): the experiment grid_job0 belongs to run \d+/),
    });
  });

  test('a default one that is somebody else’s is replaced with the claim', async () => {
    const id = await store.submit();
    const claim = claimOf(id, 1);
    if (claim.do !== 'transition' || claim.facts?.of !== 'claimed') throw new Error('no claim');
    await store.ok({ ...claim, facts: { ...claim.facts, experimentId: 'train-1-abc' } });
    expect(run(id)).toMatchObject({ experimentId: 'train-1-abc', state: 'starting' });
    expect(store.reader.keptAs('/home/me/project', 'train-1-abc', 0)).toBe(id);
  });
});

test('ids go on where they were after the newest run and sweep were removed, over a restart', async () => {
  const { runs } = await store.sweep(jobsOf([1]));
  await ends(runs[0]!);
  await store.ok({ do: 'remove', runId: runs[0]! });
  await store.stop();
  await store.start();
  expect(await store.sweep(jobsOf([1]))).toEqual({ id: 2, runs: [2] });
});
