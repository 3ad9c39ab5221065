import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserError } from '../../../src/daemon/errors.js';
import { databaseFile, openForWriting } from '../../../src/daemon/store/connection.js';
import { migrate } from '../../../src/daemon/store/migrate.js';
import { runs } from '../../../src/daemon/store/runs.js';
import { MIGRATIONS } from '../../../src/daemon/store/schema.js';
import { newRun, Store } from '../../helpers/store.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'expd-schema-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const schemaOf = (db: Database.Database): string =>
  db
    .prepare<[], { sql: string }>(`SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid`)
    .all()
    .map(({ sql }) => `${sql};\n`)
    .join('\n');

test('the schema that all migrations make', async () => {
  const db = new Database(':memory:');
  migrate(db);
  const header = `-- user_version ${db.pragma('user_version', { simple: true })}\n\n`;
  await expect(header + schemaOf(db)).toMatchFileSnapshot(
    resolve(import.meta.dirname, '../../golden/schema.sql'),
  );
});

test('a migration is applied whole or not at all, and once', () => {
  const db = new Database(':memory:');
  const steps = ['CREATE TABLE a (x)', 'CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)'];
  migrate(db, steps.slice(0, 1));
  expect(() => migrate(db, steps)).toThrow(/nowhere/);
  expect(schemaOf(db)).not.toMatch(/TABLE b/);
  expect(db.pragma('user_version', { simple: true })).toBe(1);
  migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)']);
  migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)']);
  expect(db.pragma('user_version', { simple: true })).toBe(2);
});

test('a connection is durable, checked and ours alone', () => {
  const { connection, unclean } = openForWriting(dir);
  const pragma = (name: string): unknown => connection.raw.pragma(name, { simple: true });
  // 2 = FULL: each commit is synced.
  expect([pragma('journal_mode'), pragma('synchronous'), pragma('foreign_keys')]).toEqual(['wal', 2, 1]);
  expect(statSync(databaseFile(dir)).mode & 0o777).toBe(0o600);
  expect(statSync(`${databaseFile(dir)}-wal`).mode & 0o777).toBe(0o600);
  expect(unclean).toBe(false);
  connection.raw.close();
});

test('a newer database is refused and left as it is', async () => {
  const db = openForWriting(dir).connection.raw;
  db.pragma(`user_version = ${MIGRATIONS.length + 1}`);
  db.close();
  const before = readFileSync(databaseFile(dir));
  await expect(Store.open({ stateDir: dir })).rejects.toMatchObject({
    constructor: UserError,
    code: 'database_newer',
    message: expect.stringContaining(`schema ${MIGRATIONS.length + 1}, this one knows ${MIGRATIONS.length}`),
  });
  expect(readFileSync(databaseFile(dir)).equals(before)).toBe(true);
});

test('a start that was cut short while the database was made is no damage', () => {
  writeFileSync(`${databaseFile(dir)}.new`, 'half a database');
  openForWriting(dir).connection.raw.close();
  expect(readFileSync(databaseFile(dir)).subarray(0, 15).toString()).toBe('SQLite format 3');
});

test('a run that is no longer what it was is not moved on', () => {
  const { connection } = openForWriting(dir);
  const table = runs(connection);
  const { ulid, name, priority, group, beginAt, key, note, retries, codeUntil } = newRun();
  const id = table.nextId();
  table.insert({
    ...{
      id,
      ulid,
      name,
      priority,
      group,
      beginAt,
      key,
      note,
      retries,
      codeUntil,
      state: 'queued',
      hold: null,
    },
    ...{ killOnFailedDependency: false, project: '/p', submittedAt: 1, overrides: [], job: null },
    ...{ experimentId: 'train-1', experimentChosen: false },
    ...{ checkpointPlace: null, resume: { from: 'newest' } },
  });
  const before = table.find(id)!;
  const after = { ...before, state: 'cancelled' as const, outcome: null, endedAt: 5 };
  table.advance(before, after);
  expect(() => table.advance(before, after)).toThrow(`run ${id} was no longer queued in attempt 0`);
  connection.raw.close();
});
