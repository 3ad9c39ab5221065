import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { environmentStore } from '../../../src/daemon/rundir/environment.js';
import {
  type ActResponse,
  EditRequest,
  EnvironmentChange,
  type ExplainResponse,
  type GetResponse,
  ListRequest,
  type ListResponse,
  RemoveRequest,
  type RemoveResponse,
  RerunRequest,
  ResumeRequest,
  RetryRequest,
  RunState,
  type SubmitResponse,
} from '../../../src/gen/expd/v1/runs.js';
import { claimOf, endOf, failure, success } from '../../helpers/store.js';
import { answer, of, Served } from './served.js';

let served: Served;
beforeAll(async () => {
  served = await Served.open();
});
afterAll(() => served.close());
beforeEach(() => {
  served.batches = [];
  served.discarded = [];
});

const get = (run: number): Promise<GetResponse> =>
  answer((done) => served.runs.get({ run: String(run), logLines: 0 }, done));
const state = async (run: number): Promise<string> =>
  RunState[(await get(run)).run!.state].slice('RUN_STATE_'.length);
const retry = (changes: Partial<RetryRequest>): Promise<ActResponse> =>
  answer((done) => served.runs.retry(of(RetryRequest, changes), done));
const resume = (changes: Partial<ResumeRequest>): Promise<ActResponse> =>
  answer((done) => served.runs.resume(of(ResumeRequest, changes), done));
const edit = (changes: Partial<EditRequest>): Promise<ActResponse> =>
  answer((done) => served.runs.edit(of(EditRequest, changes), done));
const rerun = (changes: Partial<RerunRequest>): Promise<SubmitResponse> =>
  answer((done) => served.runs.rerun(of(RerunRequest, changes), done));
const remove = (changes: Partial<RemoveRequest>): Promise<RemoveResponse> =>
  answer((done) => served.runs.remove(of(RemoveRequest, changes), done));

test('cancel: queued at once, running by its executor, ended not', async () => {
  const [queued, running, ended] = [
    await served.submitted(),
    await served.submitted(),
    await served.finished(),
  ];
  await served.start(running);
  const { results } = await served.act('cancel', [`${queued},${running},${ended},99999`]);
  expect(results.map(({ runId, run, error }) => [runId, run && RunState[run.state], error?.code])).toEqual([
    [queued, 'RUN_STATE_CANCELLED', undefined],
    [running, 'RUN_STATE_STOPPING', undefined],
    [ended, 'RUN_STATE_SUCCEEDED', 'wrong_state'],
    [99999, undefined, 'not_found'],
  ]);
  expect(results[2]!.error).toMatchObject({ message: expect.stringContaining('has succeeded') });
  expect(results[2]!.error!.hint).toContain(`expctl rerun ${ended}`);
  expect(results[0]!.run).toMatchObject({ reason: { text: 'cancelled before it started' }, resultCode: 130 });
  expect(results[1]!.run).toMatchObject({ reason: { code: 'cancel' }, resultCode: undefined });
});

test('one call is one transaction', async () => {
  const ids = [await served.submitted(), await served.submitted()];
  served.batches = [];
  await served.act('hold', ids.map(String));
  expect(served.batches).toHaveLength(1);
});

test('a repeated request answers what the first one did, however the world has changed', async () => {
  const requestId = randomUUID();
  const id = await served.submitted();
  const first = await served.act('hold', ['@', '99999'], requestId);
  await served.act('release', ['@']);
  await served.submitted();
  const again = await served.act('hold', ['@', '99999'], requestId);
  expect(again.results.map(({ runId, error }) => [runId, error?.code])).toEqual([
    [id, undefined],
    [99999, 'not_found'],
  ]);
  expect(first.results[0]!.runId).toBe(id);
  expect(await state(id)).toBe('QUEUED');
});

test('hold and release, pause and release', async () => {
  const id = await served.submitted();
  const held = await served.act('hold', [String(id)]);
  expect(held.results[0]!.run).toMatchObject({ reason: { code: 'user' } });
  await served.act('release', [String(id)]);
  expect(await state(id)).toBe('QUEUED');
  const early = await served.act('pause', [String(id)]);
  expect(early.results[0]!.error).toMatchObject({ code: 'wrong_state' });
  await served.start(id);
  const paused = await served.act('pause', [String(id)]);
  expect(paused.results[0]!.run).toMatchObject({ paused: true, reason: { code: 'paused' } });
  const late = await served.act('hold', [String(id)]);
  expect(late.results[0]!.error!.hint).toContain(`expctl pause ${id}`);
  const released = await served.act('release', [String(id)]);
  expect(released.results[0]!.run).toMatchObject({ paused: false, state: RunState.RUN_STATE_RUNNING });
  const nothing = await served.act('release', [String(id)]);
  expect(nothing.results[0]!.error).toMatchObject({ code: 'wrong_state' });
});

test('a name of several runs is refused where it cannot be undone, and is the newest elsewhere', async () => {
  const ids = [await served.submitted({ name: 'twin' }), await served.submitted({ name: 'twin' })];
  const { results } = await served.act('cancel', ['twin']);
  expect(results[0]!.error).toMatchObject({
    code: 'ambiguous',
    hint: `name one by its id, the newest is ${ids[1]}`,
  });
  expect((await served.act('hold', ['twin'])).results[0]!.runId).toBe(ids[1]);
});

test.each([[[]], [['']], [['-']], [['9-5']]])('%j is refused as a whole', async (runs) => {
  await expect(served.act('cancel', runs)).rejects.toMatchObject({ status: 3, detail: { code: 'usage' } });
});

test('retry: from the newest checkpoint or from nothing', async () => {
  const [failed, fresh, good] = [
    await served.finished('', failure),
    await served.finished('', failure),
    await served.finished(),
  ];
  await retry({ runs: [String(failed)] });
  await retry({ runs: [String(fresh)], fresh: true });
  expect(served.store.reader.run(failed)).toMatchObject({ state: 'queued', resume: { from: 'newest' } });
  expect(served.store.reader.run(fresh)).toMatchObject({ state: 'queued', resume: { from: 'nothing' } });
  const { results } = await retry({ runs: [String(good)] });
  expect(results[0]!.error!.hint).toContain(`expctl rerun ${good}`);
});

test('retry with another environment', async () => {
  const id = await served.finished('', failure);
  const environment = { ...of(EnvironmentChange), set: { LR: '2' } };
  await retry({ runs: [String(id)], environment });
  const stored = served.store.reader.submission(id);
  const env = await environmentStore(served.store.dir).load(stored.ok ? stored.submission.envSha : '');
  expect(env).toMatchObject({ LR: '2', PATH: process.env.PATH });
  const other = await served.finished('', failure);
  await retry({
    runs: [String(other)],
    environment: { ...environment, replace: true, replacement: { A: 'b', TERM: 'x' } },
  });
  const replaced = served.store.reader.submission(other);
  expect(
    await environmentStore(served.store.dir).load(replaced.ok ? replaced.submission.envSha : ''),
  ).toEqual({
    A: 'b',
    LR: '2',
  });
});

test('resume: any final run, from a chosen point', async () => {
  const id = await served.finished();
  served.checkpoint = '/p/run/checkpoints/step-00000120';
  await resume({ run: String(id), from: '120' });
  expect(served.store.reader.run(id)).toMatchObject({
    state: 'queued',
    resume: { from: 'chosen', what: '120' },
  });
  const { results } = await resume({ run: String(id) });
  expect(results[0]!.error).toMatchObject({ code: 'wrong_state' });
  served.checkpoint = null;
  const other = await served.finished();
  const none = await resume({ run: String(other), from: 'best' });
  expect(none.results[0]!.error).toMatchObject({ code: 'not_found' });
  expect(served.store.reader.run(other)).toMatchObject({ state: 'succeeded' });
  // A name is of what there is now.
  served.checkpoint = '/p/run/out/checkpoint-7';
  await resume({ run: String(other), from: 'checkpoint-7' });
  expect(served.store.reader.run(other)).toMatchObject({
    resume: { from: 'chosen', what: '/p/run/out/checkpoint-7' },
  });
});

test('rerun: a new run of the same submission', async () => {
  const id = await served.submitted({
    argv: ['true', 'a'],
    name: 'again',
    tags: ['t'],
    priority: 4,
    retries: 2,
    seed: 5,
    key: 'only',
    hold: true,
    split: true,
  });
  const { results, notices } = await rerun({
    runs: [String(id), '99999'],
    moreArgv: ['b', 'c'],
    requestId: 'r1',
  });
  expect(notices).toHaveLength(1);
  expect(results[1]!.error).toMatchObject({ code: 'not_found' });
  const made = await get(results[0]!.run!.id);
  expect(made.run).toMatchObject({ name: 'again', tags: ['t'], priority: 4, retries: 2, key: '' });
  expect(made.run!.state).toBe(RunState.RUN_STATE_QUEUED);
  expect(made.submission).toMatchObject({ argv: ['true', 'a', 'b', 'c'], seed: 5, split: true });
  const again = await rerun({ runs: [String(id), '99999'], moreArgv: ['b', 'c'], requestId: 'r1' });
  expect(again.results[0]!.run!.id).toBe(results[0]!.run!.id);
});

test('edit: labels and turn until the end, the command before the first attempt', async () => {
  const id = await served.submitted({ tags: ['old'] });
  const other = await served.submitted();
  await edit({
    runs: [String(id)],
    priority: 9,
    name: 'renamed',
    note: 'n',
    retries: 3,
    beginAtMs: 77,
    addTags: ['new'],
    removeTags: ['old'],
    setAfter: true,
    after: [{ run: String(other), kind: 2 }],
    argv: ['false'],
    cwd: '/',
    timeLimitMs: 1000,
    environment: { ...of(EnvironmentChange), set: { A: 'b' } },
  });
  const { run, submission } = await get(id);
  expect(run).toMatchObject({
    name: 'renamed',
    priority: 9,
    tags: ['new'],
    retries: 3,
    beginAtMs: 77,
    note: 'n',
  });
  expect(submission).toMatchObject({
    argv: ['false'],
    cwd: '/',
    timeLimitMs: 1000,
    after: [{ run: String(other), kind: 2 }],
  });
  await served.start(id);
  const late = await edit({ runs: [String(id)], argv: ['true'] });
  expect(late.results[0]!.error).toMatchObject({ code: 'already_started' });
  expect((await edit({ runs: [String(id)], priority: 1 })).results[0]!.run!.priority).toBe(1);
});

test('edit refuses what cannot be, whole', async () => {
  const id = await served.submitted();
  const waiting = await served.submitted({ after: [{ run: String(id), kind: 0 }] });
  const cycle = await edit({
    runs: [String(id)],
    setAfter: true,
    after: [{ run: String(waiting), kind: 0 }],
  });
  expect(cycle.results[0]!.error).toMatchObject({ code: 'dependency_cycle' });
  const group = await edit({ runs: [String(id)], group: 'nobody' });
  expect(group.results[0]!.error).toMatchObject({ code: 'unknown_group' });
  await expect(edit({ runs: [String(id)] })).rejects.toMatchObject({
    detail: { message: 'nothing is to be changed' },
  });
  await expect(edit({ runs: [String(id)], name: '7' })).rejects.toMatchObject({ detail: { code: 'usage' } });
  await expect(edit({ runs: [String(id)], priority: 900 })).rejects.toMatchObject({
    detail: { code: 'usage' },
  });
});

test('rm: final runs only, none that others wait for; files on request', async () => {
  const [gone, filed, live, waited] = [
    await served.finished(),
    await served.finished(),
    await served.submitted(),
    await served.finished('', failure),
  ];
  const waiting = await served.submitted({ after: [{ run: String(waited), kind: 1 }] });
  const dry = await remove({ runs: [String(gone)], dryRun: true, files: true });
  expect(dry.results[0]).toMatchObject({ runId: gone, paths: [`${served.dir}/run-${gone}`] });
  expect(served.discarded).toEqual([]);
  const requestId = randomUUID();
  const asked = { runs: [`${gone},${live},${waited},99999`], requestId };
  const { results } = await remove(asked);
  expect(results.map(({ runId, paths, error }) => [runId, paths.length, error?.code])).toEqual([
    [gone, 1, undefined],
    [live, 0, 'wrong_state'],
    [waited, 0, 'has_dependants'],
    [99999, 0, 'not_found'],
  ]);
  expect(results[2]!.error!.message).toContain(`run ${waiting} waits`);
  await expect(get(gone)).rejects.toMatchObject({ status: 5, detail: { code: 'not_found' } });
  expect((await remove(asked)).results.map(({ error }) => error?.code)).toEqual(
    results.map(({ error }) => error?.code),
  );
  const trashed = await remove({ runs: [String(filed)], files: true });
  expect(trashed.results[0]!.paths[0]).toContain('.trash');
  expect(served.discarded).toEqual([filed]);
});

test('a repeated rm of the newest does not take the next one', async () => {
  const kept = await served.finished();
  const newest = await served.finished();
  const asked = { runs: ['@'], files: true, requestId: randomUUID() };
  await remove(asked);
  const again = await remove(asked);
  expect(again.results).toMatchObject([{ runId: newest, error: undefined }]);
  expect(served.discarded).toEqual([newest]);
  expect(await state(kept)).toBe('SUCCEEDED');
});

test('files of a run that cannot be removed stay', async () => {
  const id = await served.submitted();
  await served.start(id);
  await remove({ runs: [String(id)], files: true });
  expect(served.discarded).toEqual([]);
});

test('rm --files leaves what others resumed from, or are to resume from', async () => {
  const [source, other] = [await served.finished(), await served.finished()];
  const { runDir } = served.store.reader.attempts(source)[0]!;
  const checkpoint = `${runDir}/checkpoints/step-00000100`;
  const refused = async (): Promise<unknown> =>
    (await remove({ runs: [String(source)], files: true })).results[0]!.error;
  const why = { code: 'has_dependants', message: `run ${other} resumed from a checkpoint of run ${source}` };

  await served.store.event(other, { kind: 'resumed', resume: { from: 'chosen', what: checkpoint } });
  expect(await refused()).toMatchObject(why);
  await served.store.ok(claimOf(other, 2, { resumedFrom: checkpoint }));
  expect(await refused()).toMatchObject(why);
  await served.store.ok(endOf(other, 2, success));
  expect(await refused()).toMatchObject(why);
  expect(served.discarded).toEqual([]);
  await remove({ runs: [String(other)] });
  expect(await refused()).toBe(undefined);
  expect(served.discarded).toEqual([source]);
});

test('rm --older-than takes what ended before', async () => {
  const old = await served.finished();
  served.store.clock.time += 10_000;
  const young = await served.finished();
  const { results } = await remove({ olderThanMs: 5000 });
  const ids = results.map(({ runId }) => runId);
  expect(ids).toContain(old);
  expect(ids).not.toContain(young);
  expect(await state(young)).toBe('SUCCEEDED');
  expect((await remove({ olderThanMs: 5000, runs: [String(young)] })).results).toEqual([]);
});

test('groups', async () => {
  const set = (name: string, limit: number) =>
    answer((done) => served.runs.setGroup({ requestId: '', name, limit }, done));
  const drop = (name: string) => answer((done) => served.runs.removeGroup({ requestId: '', name }, done));
  await set('gpu', 2);
  const id = await served.submitted({ group: 'gpu' });
  await served.start(await served.submitted({ group: 'gpu' }));
  const { groups } = await answer<{ groups: unknown[] }>((done) => served.runs.listGroups({}, done));
  expect(groups).toContainEqual({ name: 'gpu', limit: 2, running: 1, queued: 1 });
  await expect(drop('gpu')).rejects.toMatchObject({ detail: { code: 'group_in_use' } });
  await expect(drop('default')).rejects.toMatchObject({ detail: { code: 'group_in_use' } });
  await expect(drop('none')).rejects.toMatchObject({ detail: { code: 'unknown_group' } });
  await expect(set('a b', 1)).rejects.toMatchObject({ detail: { code: 'usage' } });
  await expect(set('x', -1)).rejects.toMatchObject({ detail: { code: 'usage' } });
  expect(id).toBeGreaterThan(0);
});

test('list: pages, filters, recent; explain and get', async () => {
  const list = (changes: Partial<ListRequest>): Promise<ListResponse> =>
    answer((done) => served.runs.list(of(ListRequest, changes), done));
  const tagged = [
    await served.submitted({ tags: ['x1'] }),
    await served.submitted({ tags: ['x1'], name: 'nn' }),
  ];
  const first = await list({ tags: ['x1'], pageSize: 1 });
  expect(first.runs.map(({ id }) => id)).toEqual([tagged[1]]);
  const second = await list({ tags: ['x1'], pageSize: 1, beforeId: first.nextBeforeId });
  expect(second.runs.map(({ id }) => id)).toEqual([tagged[0]]);
  expect((await list({ name: 'nn' })).runs).toHaveLength(1);
  expect((await list({ runs: [`${tagged[0]}-${tagged[1]}`] })).runs).toHaveLength(2);
  expect((await list({ states: [RunState.RUN_STATE_RUNNING] })).runs.every(({ state }) => state === 4)).toBe(
    true,
  );
  const recent = await list({ recent: true, pageSize: 2 });
  expect(recent.more.find(({ state }) => state === RunState.RUN_STATE_QUEUED)!.count).toBeGreaterThan(0);
  expect(recent.seq).toBe(served.store.reader.newestSeq());
  await expect(list({ pageSize: 1001 })).rejects.toMatchObject({ detail: { code: 'usage' } });
  await expect(list({ runs: ['99999'] })).rejects.toMatchObject({ detail: { code: 'not_found' } });

  const explained = await answer<ExplainResponse>((done) =>
    served.runs.explain({ run: String(tagged[1]) }, done),
  );
  expect(explained).toMatchObject({
    run: { id: tagged[1], argv: ['true'] },
    history: [{ kind: 'submitted' }],
  });
  expect(explained.ahead).toBeGreaterThan(0);
  const id = await served.finished(
    'line\nTraceback (most recent call last):\n  File "x"\nValueError: no\n',
    failure,
  );
  const got = await answer<GetResponse>((done) => served.runs.get({ run: String(id), logLines: 2 }, done));
  expect(String(got.logTail)).toBe('Traceback (most recent call last):\n  File "x"\nValueError: no\n');
  expect(got).toMatchObject({
    run: { exitCode: 3, resultCode: 3, reason: { text: 'exit 3' } },
    attempts: [{ number: 1, phase: 'ended', exitCode: 3, mainPid: 11, supervisorPid: 10 }],
    notices: [`remark on ${id}`],
  });
});
