import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Committed } from '../../../src/daemon/queue/commands.js';
import {
  claimOf,
  endOf,
  failure,
  interruption,
  newRun,
  Store,
  submissionOf,
  success,
} from '../../helpers/store.js';

let store: Store;
beforeEach(async () => {
  store = await Store.open();
});
afterEach(() => store.close());

test('a submission is stored as it was given', async () => {
  const before = store.clock.time;
  const id = await store.submit({ name: 'mnist', tags: ['b', 'a'], note: 'über', priority: 5, retries: 2 });
  const run = store.reader.run(id);
  expect(run).toEqual({
    id,
    ulid: expect.stringMatching(/^01TEST/),
    state: 'queued',
    notBefore: null,
    attempt: 0,
    failures: 0,
    retries: 2,
    startFailures: 0,
    streak: null,
    resume: { from: 'newest' },
    name: 'mnist',
    priority: 5,
    group: 'default',
    tags: ['a', 'b'],
    note: 'über',
    key: null,
    beginAt: null,
    killOnFailedDependency: false,
    experimentId: `mnist-${id}`,
    experimentChosen: false,
    overrides: [],
    job: null,
    project: '/home/me/project',
    checkpointPlace: null,
    submittedAt: before,
    startedAt: null,
    runDir: null,
    codeUntil: null,
  });
  expect(store.reader.submission(id)).toEqual({ ok: true, submission: submissionOf() });
});

test('a run from its submission to its end, in rows, events and what the feed tells', async () => {
  const told: Committed[] = [];
  store.queue.onCommit((committed) => told.push(committed));
  const id = await store.running();
  const { live } = store.reader.run(id) as { live?: unknown };
  expect(live).toEqual({ attemptId: `a${id}-1`, claimedAt: store.clock.time, resumedFrom: null });
  expect(store.reader.live()).toMatchObject([{ run: { id }, attempt: { id: `a${id}-1`, phase: 'running' } }]);
  await store.ok(endOf(id, 1, failure));

  expect(store.reader.run(id)).toMatchObject({
    state: 'failed',
    outcome: failure,
    endedAt: store.clock.time,
  });
  expect(store.reader.live()).toEqual([]);
  expect(store.reader.attempts(id)).toMatchObject([
    {
      number: 1,
      phase: 'ended',
      outcome: failure,
      usage: { ranMs: 5 },
      handle: { main: { pid: 11 } },
      startedAt: 1,
    },
  ]);
  expect(store.reader.history(id).map(({ kind, state }) => `${kind} ${state}`)).toEqual([
    'submitted queued',
    'claimed starting',
    'spawned running',
    'ended failed',
  ]);
  await store.told();
  expect(told.map(({ seq, changed }) => [seq, changed.map(({ state }) => state)])).toEqual([
    [1, ['queued']],
    [2, ['starting']],
    [3, ['running']],
    [4, ['failed']],
  ]);
});

test('an end and the next claim that are handed in together are one transaction', async () => {
  const first = await store.running();
  const second = await store.submit();
  await store.told();
  const told: Committed[] = [];
  store.queue.onCommit((committed) => told.push(committed));
  const end = store.execute(endOf(first, 1, success));
  // Long enough for the writer to have committed the end, had it been sent.
  for (const since = performance.now(); performance.now() - since < 30; );
  await Promise.all([end, store.execute(claimOf(second, 1))]);
  await store.told();
  expect(told.map(({ changed }) => changed.map(({ id, state }) => [id, state]))).toEqual([
    [
      [first, 'succeeded'],
      [second, 'starting'],
    ],
  ]);
});

test('an interrupted run is queued again and resumes under its next number', async () => {
  const id = await store.ended(interruption);
  expect(store.reader.run(id)).toMatchObject({
    state: 'queued',
    attempt: 1,
    streak: { kind: 'interruption' },
  });
  await store.ok(claimOf(id, 2, { resumedFrom: '/ckpt/5' }));
  expect(store.reader.run(id)).toMatchObject({
    state: 'starting',
    attempt: 2,
    live: { resumedFrom: '/ckpt/5' },
  });
  expect(store.reader.newestAttempt(id)).toMatchObject({ number: 2, resumedStep: 5 });
});

test('what a state does not allow is refused in words and changes nothing', async () => {
  const id = await store.ended(success);
  const seq = store.reader.newestSeq();
  const result = await store.event(id, { kind: 'retried', resume: { from: 'newest' } });
  expect(result).toEqual({
    ok: false,
    runId: id,
    code: 'wrong_state',
    message: `run ${id} has succeeded: it cannot be retried`,
    hint: `expctl resume ${id} goes on from its newest checkpoint, expctl rerun ${id} starts anew`,
  });
  expect(store.reader.newestSeq()).toBe(seq);
});

test('a refused command leaves the others of its batch standing', async () => {
  const results = await store.execute(
    { do: 'submit', run: newRun() },
    { do: 'submit', run: newRun({ group: 'nowhere' }) },
    { do: 'submit', run: newRun({ after: [{ on: 999, kind: 'afterok' }] }) },
    { do: 'submit', run: newRun() },
  );
  expect(results.map((result) => (result.ok ? result.runId : result.code))).toEqual([
    1,
    'unknown_group',
    'not_found',
    2,
  ]);
});

test('a bug rejects its own batch alone, whole', async () => {
  const { ulid } = newRun();
  const bad = store.execute({ do: 'submit', run: newRun({ ulid }) }, { do: 'submit', run: newRun({ ulid }) });
  const good = store.submit();
  await expect(bad).rejects.toThrow(/UNIQUE/);
  expect(store.reader.run(await good)).not.toBeNull();
  expect(store.reader.page({ limit: 10 }).runs).toHaveLength(1);
  expect(store.failure).toBeNull();
});
