import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../src/daemon/queue/commands.js';
import {
  type Changes,
  claimOf,
  endOf,
  failure,
  newRun,
  Store,
  submissionOf,
  success,
} from '../../helpers/store.js';

let store: Store;
beforeAll(async () => {
  store = await Store.open();
});
afterAll(() => store.close());

const submit = async (changes: Changes): Promise<Result> =>
  (await store.execute({ do: 'submit', run: newRun(changes) }))[0]!;

test('the same key with the same submission is the same run, whatever belongs to the moment', async () => {
  const id = await store.submit({ key: 'k', tags: ['a', 'b'] });
  const again = await submit({
    key: 'k',
    tags: ['b', 'a'],
    beginAt: 5,
    submission: submissionOf({
      envSha: 'f'.repeat(64),
      umask: 0o077,
      nice: 5,
      rlimits: [{ name: 'NOFILE', soft: 1, hard: 1 }],
    }),
  });
  expect(again).toEqual({ ok: true, runId: id, existing: true });
});

test('50 submissions with one key at once make one run', async () => {
  const results = await Promise.all(Array.from({ length: 50 }, () => submit({ key: 'many' })));
  const ids = new Set(results.map((result) => result.ok && result.runId));
  expect(ids.size).toBe(1);
  expect(results.filter((result) => result.ok && result.existing)).toHaveLength(49);
});

test.each([
  ['command', { submission: submissionOf({ argv: ['python', 'other.py'] }) }],
  ['working directory', { submission: submissionOf({ cwd: '/elsewhere' }) }],
  ['time limit', { submission: submissionOf({ timeLimitMs: 5 }) }],
  ['priority', { priority: 9 }],
  ['tags', { tags: ['x'] }],
  ['retries', { retries: 1 }],
  ['seed', { submission: submissionOf({ seed: 8 }) }],
] satisfies [string, Changes][])('the same key with another %s is refused by name', async (name, changes) => {
  const key = `differs in ${name}`;
  const id = await store.submit({ key });
  expect(await submit({ key, ...changes })).toMatchObject({
    ok: false,
    code: 'key_conflict',
    message: `key ${key} belongs to run ${id}, which was submitted with another ${name}`,
  });
});

test('what nobody asked for is not compared; an edit of the first run is not either', async () => {
  const unasked = ['seed', 'graceMs', 'layout'] as const;
  const id = await store.submit({ key: 'drawn', unasked });
  await store.ok({ do: 'edit', runId: id, changes: { priority: 50, submission: { timeLimitMs: 9 } } });
  const submission = submissionOf({ seed: 99, graceMs: 1, layout: 'flat' });
  expect(await submit({ key: 'drawn', unasked, submission })).toMatchObject({ runId: id, existing: true });
  expect(await submit({ key: 'drawn', unasked: ['seed', 'layout'], submission })).toMatchObject({
    code: 'key_conflict',
    message: expect.stringMatching(/with another grace$/),
  });
});

test('rm frees the key', async () => {
  const id = await store.ended(success, { key: 'freed' });
  await store.ok({ do: 'remove', runId: id });
  const again = await submit({ key: 'freed', priority: 3 });
  expect(again).toMatchObject({ ok: true });
  expect(again.runId).not.toBe(id);
});

test('dependencies are stored both ways; an unknown one is refused', async () => {
  const first = await store.submit();
  const id = await store.submit({ after: [{ on: first, kind: 'afterok' }] });
  expect(store.reader.dependencies(id)).toEqual([{ on: first, kind: 'afterok' }]);
  expect(store.reader.dependants(first)).toEqual([{ on: id, kind: 'afterok' }]);
  expect(await submit({ after: [{ on: 9999, kind: 'afterany' }] })).toMatchObject({ code: 'not_found' });
});

test('a run cannot be edited to wait for itself, at any distance', async () => {
  const a = await store.submit();
  const b = await store.submit({ after: [{ on: a, kind: 'afterok' }] });
  const c = await store.submit({ after: [{ on: b, kind: 'afterany' }] });
  const edit = (runId: number, on: number) =>
    store.execute({ do: 'edit', runId, changes: { after: [{ on, kind: 'afterok' }] } });
  expect(await edit(a, c)).toMatchObject([{ code: 'dependency_cycle' }]);
  expect(await edit(a, a)).toMatchObject([{ code: 'dependency_cycle' }]);
  expect(store.reader.dependencies(a)).toEqual([]);
  expect(await edit(c, a)).toMatchObject([{ ok: true }]);
  expect(store.reader.dependencies(c)).toEqual([{ on: a, kind: 'afterok' }]);
});

test('rm is refused while others wait, and for runs that are not over', async () => {
  const first = await store.ended(success);
  const waiting = await store.submit({ after: [{ on: first, kind: 'afterok' }] });
  expect(await store.execute({ do: 'remove', runId: first })).toMatchObject([{ code: 'has_dependants' }]);
  expect(await store.execute({ do: 'remove', runId: waiting })).toMatchObject([{ code: 'wrong_state' }]);
  await store.event(waiting, { kind: 'stopRequested', reason: 'cancel' });
  await store.ok({ do: 'remove', runId: first });
  expect(store.reader.run(first)).toBeNull();
  expect(store.reader.attempts(first)).toEqual([]);
  expect(store.reader.submission(first)).toEqual({ ok: false, why: 'missing' });
  expect(store.reader.history(first).at(-1)).toMatchObject({ kind: 'removed', state: 'succeeded' });
  expect(await store.execute({ do: 'remove', runId: first })).toMatchObject([{ code: 'not_found' }]);
});

test('ids are never given twice', async () => {
  const id = await store.ended(success);
  await store.ok({ do: 'remove', runId: id });
  expect(await store.submit()).toBeGreaterThan(id);
});

test('what may be edited when', async () => {
  const id = await store.submit();
  const edit = async (changes: object): Promise<string> => {
    const [result] = await store.execute({ do: 'edit', runId: id, changes });
    return result?.ok ? 'ok' : (result?.code ?? '');
  };
  const command = { submission: { argv: ['x'], timeLimitMs: 7 } };
  const starts = { priority: 5, name: 'other', retries: 3, beginAt: 9, group: 'default' };
  const labels = { note: 'n', addTags: ['t', 'u'], removeTags: ['u'] };
  expect([await edit(command), await edit(starts), await edit(labels)]).toEqual(['ok', 'ok', 'ok']);
  expect(store.reader.submission(id)).toMatchObject({
    ok: true,
    submission: { argv: ['x'], timeLimitMs: 7 },
  });
  expect(store.reader.run(id)).toMatchObject({
    priority: 5,
    name: 'other',
    beginAt: 9,
    note: 'n',
    tags: ['t'],
  });
  await store.ok(claimOf(id, 1));
  expect([await edit(command), await edit(starts), await edit(labels)]).toEqual([
    'already_started',
    'ok',
    'ok',
  ]);
  await store.event(id, { kind: 'spawned' });
  await store.ok(endOf(id, 1, { ...failure, verdict: 'refused', cause: 'exec_refused' }));
  expect([await edit(command), await edit(starts), await edit(labels)]).toEqual([
    'wrong_state',
    'wrong_state',
    'ok',
  ]);
});

test('a retry with another environment replaces it in the same step', async () => {
  const id = await store.ended(failure);
  const envSha = 'a'.repeat(64);
  await store.ok({
    do: 'transition',
    runId: id,
    event: { kind: 'retried', resume: { from: 'nothing' } },
    facts: { of: 'again', envSha },
  });
  expect(store.reader.submission(id)).toMatchObject({ ok: true, submission: { envSha, seed: 7 } });
  expect(store.reader.run(id)).toMatchObject({ state: 'queued', resume: { from: 'nothing' } });
  expect(store.reader.environmentsInUse()).toContain(envSha);
});

test('groups: made, limited, removed once nothing unfinished is in them', async () => {
  await store.ok({ do: 'setGroup', name: 'gpu', limit: 2 });
  const id = await store.submit({ group: 'gpu' });
  expect(store.reader.groups()).toEqual([
    { name: 'default', limit: 0 },
    { name: 'gpu', limit: 2 },
  ]);
  const remove = async (name: string) => (await store.execute({ do: 'removeGroup', name }))[0];
  expect(await remove('gpu')).toMatchObject({ code: 'group_in_use' });
  expect(await remove('default')).toMatchObject({ code: 'group_in_use' });
  expect(await remove('nowhere')).toMatchObject({ code: 'unknown_group' });
  await store.event(id, { kind: 'stopRequested', reason: 'cancel' });
  expect(await remove('gpu')).toMatchObject({ ok: true });
  expect(store.reader.groups()).toEqual([{ name: 'default', limit: 0 }]);
  expect(store.reader.run(id)).toMatchObject({ group: 'gpu' });
  expect(await submit({ group: 'gpu' })).toMatchObject({ code: 'unknown_group' });
});

test('the code state arrives later and opens the start', async () => {
  const id = await store.submit({ codeUntil: 5000 });
  expect(store.reader.run(id)).toMatchObject({ codeUntil: 5000 });
  await store.ok({ do: 'recordCode', runId: id, code: { known: false, why: 'not a git tree' } });
  expect(store.reader.run(id)).toMatchObject({ codeUntil: null });
  expect(store.reader.code(id)).toEqual({ known: false, why: 'not a git tree' });
});

test('environments and diffs in use: each content once', async () => {
  const own = await Store.open();
  const code = (diffSha: string | null) => ({
    known: true as const,
    toplevel: '/p',
    commit: 'c',
    branch: 'main',
    remote: '',
    dirty: diffSha !== null,
    diffSha,
    diffOmitted: false,
    fingerprint: '',
    changedFiles: [],
  });
  try {
    for (const sha of ['b', 'a', 'b', 'c', 'a']) {
      const runId = await own.submit({ submission: submissionOf({ envSha: sha }) });
      await own.ok({ do: 'recordCode', runId, code: code(sha === 'c' ? null : `diff-${sha}`) });
    }
    expect(own.reader.environmentsInUse()).toEqual(['a', 'b', 'c']);
    expect(own.reader.diffsInUse()).toEqual(['diff-a', 'diff-b']);
    expect([own.reader.usesEnvironment('b'), own.reader.usesEnvironment('z')]).toEqual([true, false]);
  } finally {
    await own.close();
  }
});
