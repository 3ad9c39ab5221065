import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserError } from '../../../src/daemon/errors.js';
import type { Result } from '../../../src/daemon/queue/commands.js';
import { skipUnless } from '../../helpers/skip.js';
import { bundle, endOf, failure, newRun, Store, success, writerFile } from '../../helpers/store.js';

const mounting = skipUnless(process.getuid?.() === 0, 'needs root to mount');
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'expd-full-'));
});
afterEach(() => {
  spawnSync('umount', ['-l', join(dir, 'disk')], { stdio: 'ignore' });
  rmSync(dir, { recursive: true, force: true });
});

function mount(type: 'tmpfs' | 'ext4', size: string): string {
  const disk = join(dir, 'disk');
  mkdirSync(disk);
  if (type === 'tmpfs') execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]);
  else {
    execFileSync('truncate', ['-s', size, `${disk}.img`]);
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', `${disk}.img`]);
    execFileSync('mount', ['-o', 'loop', `${disk}.img`, disk]);
  }
  return disk;
}

/** Takes every byte that is left. */
function fill(disk: string): string {
  const path = join(disk, 'filler');
  const fd = openSync(path, 'a');
  for (const piece of [65_536, 4096, 512, 1])
    try {
      for (;;) writeSync(fd, Buffer.alloc(piece, 1));
    } catch {}
  closeSync(fd);
  return path;
}

const ballastBytes = 512 * 1024;
const full = expect.objectContaining({ ok: false, code: 'storage_full' });
const submit = async (store: Store): Promise<Result> =>
  (await store.execute({ do: 'submit', run: newRun({ note: 'n'.repeat(2000) }) }))[0]!;

for (const [type, size] of [
  ['tmpfs', '3m'],
  ['ext4', '6M'],
] as const)
  mounting(
    `a full disk (${type}): submissions are refused, ends are recorded, nothing answered is lost`,
    async () => {
      const disk = mount(type, size);
      const state = join(disk, 'state');
      mkdirSync(state, { mode: 0o700 });
      const store = await Store.open({ stateDir: state, ballastBytes });
      expect(existsSync(join(state, 'ballast'))).toBe(true);
      const running = await Promise.all(Array.from({ length: 20 }, () => store.running()));
      const queued: number[] = [];
      const filler = fill(disk);
      let last: Result;
      for (;;) {
        last = await submit(store);
        if (!last.ok) break;
        queued.push(last.runId!);
        expect(queued.length).toBeLessThan(5000);
      }
      expect(last).toEqual(full);
      expect(existsSync(join(state, 'ballast'))).toBe(true);

      // Every end is recorded, with submissions in between that are not.
      for (const id of running) {
        const [end, refused] = await Promise.all([store.execute(endOf(id, 1, failure)), submit(store)]);
        expect(end).toEqual([{ ok: true, runId: id }]);
        expect(refused).toEqual(full);
      }
      expect(existsSync(join(state, 'ballast'))).toBe(false);

      // Without a byte and without the ballast no daemon can begin; nothing is lost by that.
      await store.stop();
      fill(disk);
      await expect(store.start({ ballastBytes })).rejects.toMatchObject({ code: 'storage_full' });

      rmSync(filler);
      await store.start({ ballastBytes });
      const accepted = await submit(store);
      expect(accepted).toMatchObject({ ok: true });
      expect(existsSync(join(state, 'ballast'))).toBe(true);
      for (const id of running) expect(store.reader.run(id)?.state).toBe('failed');
      for (const id of queued) expect(store.reader.run(id)?.state).toBe('queued');
      await store.queue.check();
      await store.stop();
    },
  );

mounting('a daemon starts on a full disk by giving up the ballast, and takes nothing new', async () => {
  const disk = mount('tmpfs', '3m');
  const state = join(disk, 'state');
  mkdirSync(state, { mode: 0o700 });
  const store = await Store.open({ stateDir: state, ballastBytes });
  const id = await store.running();
  await store.stop();
  fill(disk);
  await store.start({ ballastBytes });
  expect(await submit(store)).toEqual(full);
  expect(await store.execute(endOf(id, 1, success))).toEqual([{ ok: true, runId: id }]);
  await store.stop();
});

mounting('a backup that does not fit leaves nothing behind', async () => {
  const disk = mount('tmpfs', '64k');
  const store = await Store.open({ stateDir: dir });
  for (let i = 0; i < 50; i++) await submit(store);
  await expect(store.queue.backup(join(disk, 'backup'))).rejects.toMatchObject({ code: 'storage_full' });
  expect(execFileSync('ls', ['-A', disk]).toString()).toBe('');
  await store.stop();
});

mounting('a file system mounted read-only: one clear error at start', async () => {
  const disk = mount('tmpfs', '8m');
  const state = join(disk, 'state');
  mkdirSync(state);
  const store = await Store.open({ stateDir: state });
  const id = await store.submit();
  await store.stop();
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  await expect(Store.open({ stateDir: state })).rejects.toMatchObject({
    constructor: UserError,
    code: 'storage_failed',
    message: expect.stringMatching(/cannot be written/),
  });
  execFileSync('mount', ['-o', 'remount,rw', disk]);
  await store.start();
  expect(store.reader.run(id)?.state).toBe('queued');
  await store.stop();
});

test('a state directory without write permission: one clear error', async () => {
  // Root may write everywhere, so the client is nobody.
  const nobody = process.getuid?.() === 0 ? 65_534 : process.getuid?.();
  const state = join(dir, 'state');
  mkdirSync(state, { mode: 0o500 });
  chmodSync(dir, 0o755);
  if (process.getuid?.() === 0) chownSync(state, 65_534, 65_534);
  const program = bundle('tests/daemon/queue/programs/queue-client.ts');
  const options = nobody === undefined ? {} : { uid: nobody };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, state, writerFile(), 'turns'],
    options,
  );
  expect(stdout).toMatch(new RegExp(`^failed ${state} cannot be written: `));
});
