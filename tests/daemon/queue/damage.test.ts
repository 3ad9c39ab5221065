import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserError } from '../../../src/daemon/errors.js';
import { randomlyAsync } from '../../helpers/random.js';
import { Store, success } from '../../helpers/store.js';

const PAGE = 4096;
let store: Store;
let file: string;
beforeEach(async () => {
  store = await Store.open();
  file = join(store.dir, 'expd.db');
  for (let i = 0; i < 30; i++) await store.ended(success, { name: `run${i}`, note: 'n'.repeat(500) });
  await store.stop();
});
afterEach(() => rmSync(store.dir, { recursive: true, force: true }));

const corrupt = expect.objectContaining({ constructor: UserError, code: 'database_corrupt' });
const refusal = (): Promise<UserError> =>
  store.start().then(
    () => store.stop().then(() => expect.unreachable('it was opened')),
    (error) => error,
  );
const copies = (): string[] => readdirSync(store.dir).filter((name) => name.includes('.corrupt-'));

function overwrite(offset: number, bytes: Buffer): Buffer {
  const content = readFileSync(file);
  bytes.copy(content, offset);
  writeFileSync(file, content);
  return content;
}

/** Number of a page of a table: a leaf or an interior one. */
function pageOf(table: string, type: 'leaf' | 'internal'): number {
  const db = new Database(file, { readonly: true });
  try {
    const sql = 'SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY pageno LIMIT 1';
    return db.prepare<[string, string], { pageno: number }>(sql).get(table, type)!.pageno;
  } finally {
    db.close();
  }
}
const garble = (page: number): Buffer => overwrite((page - 1) * PAGE, Buffer.alloc(PAGE, 0xa5));

test.each([
  ['header', () => overwrite(0, Buffer.from('not a database, really not'))],
  ['schema', () => overwrite(100, Buffer.alloc(400, 0xff))],
])('a damaged %s: refused with what to do, left as it is, copied once', async (_, damage) => {
  const content = damage();
  const error = await refusal();
  expect(error).toEqual(corrupt);
  expect(error.message).toContain(file);
  expect(error.hint).toMatch(/a copy is in .*expd\.db\.corrupt-.*backup.*\.recover/);
  expect(await refusal()).toEqual(corrupt);
  expect(readFileSync(file).equals(content)).toBe(true);
  expect(copies()).toHaveLength(1);
  expect(readFileSync(join(store.dir, copies()[0]!)).equals(content)).toBe(true);
});

test('an empty file is damage, not a new database', async () => {
  truncateSync(file, 0);
  expect(await refusal()).toEqual(corrupt);
  expect(readFileSync(file)).toHaveLength(0);
});

test('a missing database beside its WAL is not made anew', async () => {
  rmSync(file);
  writeFileSync(`${file}-wal`, 'something');
  expect(await refusal()).toEqual(corrupt);
  expect(existsSync(file)).toBe(false);
});

test.each(['leaf', 'internal'] as const)(
  'a damaged %s page: found by who reads it, refused from then on',
  async (type) => {
    garble(pageOf('runs', type));
    await store.start();
    expect(() => store.reader.page({ limit: 100 })).toThrow(corrupt);
    await store.stop();
    expect(await refusal()).toEqual(corrupt);
    expect(await refusal()).toEqual(corrupt);
  },
);

test('the full check finds what nobody has read', async () => {
  garble(pageOf('run_events', 'leaf'));
  await store.start();
  expect(store.reader.run(1)).not.toBeNull();
  await expect(store.queue.check()).rejects.toEqual(corrupt);
  await store.stop();
  expect(await refusal()).toEqual(corrupt);
});

test('the writer ends when it meets damage; nothing is answered', async () => {
  garble(pageOf('runs_name', 'leaf'));
  await store.start();
  await expect(store.submit()).rejects.toThrow(/malformed/);
  expect(store.failure?.message).toMatch(/malformed/);
  await expect(store.execute()).rejects.toThrow(/malformed/);
  store.reader.close();
  expect(await refusal()).toEqual(corrupt);
});

test('a flipped byte in a stored submission is found by its sha256, which no check of SQLite sees', async () => {
  const content = readFileSync(file);
  for (let at = content.indexOf('train.py'); at >= 0; at = content.indexOf('train.py', at + 1))
    content.write('drain.py', at);
  writeFileSync(file, content);
  await store.start();
  await store.queue.check();
  for (let id = 1; id <= 30; id++) expect(store.reader.submission(id)).toEqual({ ok: false, why: 'damaged' });
  await store.stop();
});

test('a state that was never written is not believed', async () => {
  const content = readFileSync(file);
  const at = content.indexOf('run7succeeded');
  overwrite(at, Buffer.from('run7sUcceeded'));
  await store.start();
  const read = (): unknown => store.reader.page({ name: 'run7', limit: 5 });
  expect(read).toThrow(corrupt);
  await expect(store.queue.check()).rejects.toEqual(corrupt);
  await store.stop();
});

test('a backup in its place, and everything is well again', async () => {
  const backup = join(store.dir, 'backup');
  await store.start();
  await store.queue.backup(backup);
  await store.stop();
  garble(1);
  expect(await refusal()).toEqual(corrupt);
  renameSync(backup, file);
  for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
  await store.start();
  expect(store.reader.page({ limit: 100 }).runs).toHaveLength(30);
  expect(readdirSync(store.dir).filter((name) => name.endsWith('.damaged'))).toEqual([]);
  expect(await store.submit()).toBe(31);
  await store.stop();
});

test('a WAL cut off anywhere leaves a sound, earlier state', async () => {
  await store.start();
  for (let i = 0; i < 20; i++) await store.running();
  const saved = join(store.dir, 'saved');
  copyFileSync(file, saved);
  copyFileSync(`${file}-wal`, `${saved}-wal`);
  const newest = store.reader.newestSeq();
  await store.stop();
  await randomlyAsync(8, async (random) => {
    for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
    copyFileSync(saved, file);
    copyFileSync(`${saved}-wal`, `${file}-wal`);
    truncateSync(`${file}-wal`, random.upTo(readFileSync(`${saved}-wal`).length));
    await store.start();
    expect(store.queue.unclean).toBe(true);
    await store.queue.check();
    const { events } = store.reader.events(0, 10_000);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.length).toBeLessThanOrEqual(newest);
    for (const run of store.reader.page({ limit: 1000 }).runs)
      expect(events.findLast(({ runId }) => runId === run.id)?.state).toBe(run.state);
    await store.stop();
  });
});
