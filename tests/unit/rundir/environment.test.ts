import { lstat, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environmentStore } from '../../../src/daemon/rundir/environment.js';
import { scratch } from './fixture.js';

const NONE: ReadonlySet<string> = new Set();

test('stored once per content, for the owner only, whatever the order of the names', async () => {
  const state = await scratch();
  const store = environmentStore(state);
  const [a, b] = await Promise.all([
    store.store({ A: '1', B: 'x=y\nz' }),
    store.store({ B: 'x=y\nz', A: '1' }),
  ]);
  expect(a).toBe(b);
  expect(await readdir(join(state, 'env'))).toEqual([a]);
  expect((await lstat(join(state, 'env', a))).mode & 0o777).toBe(0o600);
  expect((await lstat(join(state, 'env'))).mode & 0o777).toBe(0o700);
  // Another daemon on the same state finds it.
  const again = environmentStore(state);
  expect(await again.load(a)).toEqual({ A: '1', B: 'x=y\nz' });
  expect(await again.store({ A: '1', B: 'x=y\nz' })).toBe(a);
  expect(await again.load(await again.store({}))).toEqual({});
});

test('a damaged or missing one is an error, never another environment', async () => {
  const state = await scratch();
  const sha = await environmentStore(state).store({ A: '1' });
  await writeFile(join(state, 'env', sha), 'A=2\0');
  await expect(environmentStore(state).load(sha)).rejects.toMatchObject({ code: 'storage_failed' });
  await expect(environmentStore(state).load('f'.repeat(64))).rejects.toMatchObject({
    code: 'storage_failed',
  });
  await expect(environmentStore(state).load('../../etc/passwd')).rejects.toMatchObject({
    code: 'storage_failed',
  });
});

test.each([{ 'A=B': '1' }, { '': '1' }, { A: 'x\0y' }])('%j is refused', async (environment) => {
  await expect(environmentStore(await scratch()).store(environment)).rejects.toMatchObject({ code: 'usage' });
});

test('removed with the last use, but never while a submission is under way', async () => {
  const state = await scratch();
  const store = environmentStore(state);
  const used = await store.store({ USED: '1' });
  const pending = await store.store({ PENDING: '1' });
  await store.store({ PENDING: '1' });
  store.release(used);
  store.release(pending);
  expect(await store.removeUnused(() => new Set([used]))).toBe(0);
  store.release(pending);
  expect(await store.removeUnused(() => new Set([used]))).toBe(1);
  expect(await readdir(join(state, 'env'))).toEqual([used]);
});

test('stored again after, or while, it is removed: it is there', async () => {
  const state = await scratch();
  const store = environmentStore(state);
  const environment = { A: '1' };
  const sha = await store.store(environment);
  store.release(sha);
  expect(await store.removeUnused(() => NONE)).toBe(1);
  for (let n = 0; n < 50; n++) {
    await store.store(environment);
    store.release(sha);
    let again: Promise<string> | null = null;
    // The first moment at which the removal is decided and the submission does not know of it.
    const decided = (): ReadonlySet<string> => {
      queueMicrotask(() => {
        again = store.store(environment);
      });
      return NONE;
    };
    expect(await store.removeUnused(decided)).toBe(1);
    expect(await again).toBe(sha);
    expect(await readdir(join(state, 'env'))).toEqual([sha]);
    store.release(sha);
  }
});

test('what a killed daemon left half-written is swept', async () => {
  const state = await scratch();
  const store = environmentStore(state);
  const sha = await store.store({ A: '1' });
  await writeFile(join(state, 'env', `.${sha}.0123456789ab.tmp`), 'torn');
  await store.sweep();
  expect(await readdir(join(state, 'env'))).toEqual([sha]);
});
