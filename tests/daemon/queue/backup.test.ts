import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserError } from '../../../src/daemon/errors.js';
import { newRun, Store } from '../../helpers/store.js';

let store: Store;
let to: string;
beforeEach(async () => {
  store = await Store.open();
  mkdirSync(join(store.dir, 'backups'));
  to = join(store.dir, 'backups', 'expd.db');
});
afterEach(() => store.close());

/** A copy, opened like a database that was put in place. */
async function restored(): Promise<Store> {
  const state = join(store.dir, 'restored');
  mkdirSync(state);
  writeFileSync(join(state, 'expd.db'), readFileSync(to));
  return Store.open({ stateDir: state });
}

test('a backup taken while others write is one moment, whole, and ours alone', async () => {
  for (let i = 0; i < 300; i++) await store.submit({ note: 'n'.repeat(1000) });
  let busy = true;
  let answered = 0;
  const writing = (async () => {
    while (busy) {
      await store.execute({ do: 'submit', run: newRun() }, { do: 'submit', run: newRun() });
      answered++;
    }
  })();
  await store.queue.backup(to);
  busy = false;
  await writing;
  expect(answered).toBeGreaterThan(0);
  expect(statSync(to).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(store.dir, 'backups'))).toEqual(['expd.db']);
  const copy = await restored();
  await copy.queue.check();
  const newest = copy.reader.newest()!.id;
  expect(newest).toBeGreaterThanOrEqual(300);
  // Two runs a transaction: never one of them alone.
  expect(newest % 2).toBe(0);
  expect(copy.reader.newestSeq()).toBe(newest);
  // Numbers go on where they were: an id is never given twice.
  expect(await copy.submit()).toBe(newest + 1);
  await copy.stop();
});

test('a backup takes the place of the last one', async () => {
  await store.submit();
  await store.queue.backup(to);
  await store.submit();
  await store.queue.backup(to);
  const copy = await restored();
  expect(copy.reader.newest()?.id).toBe(2);
  await copy.stop();
});

test('a backup over the daemon itself, or into nowhere, is refused', async () => {
  const refused = expect.objectContaining({ constructor: UserError, code: 'usage' });
  symlinkSync(store.dir, join(store.dir, 'backups', 'alias'));
  for (const path of [
    join(store.dir, 'expd.db'),
    join(store.dir, 'lock.db'),
    join(store.dir, 'backups/alias/expd.db-wal'),
    join(store.dir, 'nowhere/file'),
  ])
    await expect(store.queue.backup(path)).rejects.toEqual(refused);
  expect(await store.submit()).toBe(1);
});

test('a backup replaces a file and nothing else', async () => {
  const backups = join(store.dir, 'backups');
  execFileSync('mkfifo', [join(backups, 'fifo')]);
  writeFileSync(join(store.dir, 'target'), 'mine');
  symlinkSync(join(store.dir, 'target'), join(backups, 'link'));
  for (const path of [join(backups, 'fifo'), join(backups, 'link'), backups])
    await expect(store.queue.backup(path)).rejects.toMatchObject({ constructor: UserError, code: 'usage' });
  expect(lstatSync(join(backups, 'fifo')).isFIFO()).toBe(true);
  expect(lstatSync(join(backups, 'link')).isSymbolicLink()).toBe(true);
  expect(readdirSync(backups).sort()).toEqual(['fifo', 'link']);
});

test('a backup that cannot be written says why', async () => {
  const long = join(store.dir, 'backups', 'b'.repeat(256));
  await expect(store.queue.backup(long)).rejects.toMatchObject({
    code: 'storage_failed',
    message: `${long} cannot be written (ENAMETOOLONG)`,
  });
  await expect(store.queue.backup('/proc/backup')).rejects.toMatchObject({ code: 'storage_failed' });
});

test('two backups to one file are both whole', async () => {
  await store.submit();
  await Promise.all([store.queue.backup(to), store.queue.backup(to)]);
  expect(readdirSync(join(store.dir, 'backups'))).toEqual(['expd.db']);
  const copy = await restored();
  expect(copy.reader.newest()?.id).toBe(1);
  await copy.stop();
});
