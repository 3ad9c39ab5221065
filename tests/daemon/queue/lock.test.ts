import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserError } from '../../../src/daemon/errors.js';
import { takeLock } from '../../../src/daemon/store/lock.js';
import { bundle } from '../../helpers/store.js';

let dir: string;
let holder: ChildProcess | null = null;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'expd-lock-'));
});
afterEach(async () => {
  if (holder !== null) await end(holder);
  holder = null;
  rmSync(dir, { recursive: true, force: true });
});

/** Another process that has the lock. */
async function held(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [bundle('tests/daemon/queue/programs/lock-holder.ts'), dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout!, 'data');
  expect(String(line)).toBe('held\n');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill('SIGKILL');
  await over;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

const taken = expect.objectContaining({ constructor: UserError, code: 'another_daemon' });
const refusal = (): unknown => {
  try {
    takeLock(dir).release();
    return 'not refused';
  } catch (error) {
    return error;
  }
};

test('a second holder is refused while the first one lives, also when it is stopped', async () => {
  holder = await held();
  expect(refusal()).toEqual(taken);
  holder.kill('SIGSTOP');
  expect(refusal()).toEqual(taken);
  expect(refusal()).toEqual(taken);
  holder.kill('SIGCONT');
  expect(refusal()).toEqual(taken);
});

test('kill -9 frees the lock', async () => {
  holder = await held();
  await end(holder);
  expect(refusal()).toBe('not refused');
});

test('a release frees it, and a holder that nobody remembers keeps it', async () => {
  const lock = takeLock(dir);
  expect(refusal()).toEqual(taken);
  lock.release();
  takeLock(dir);
  collectGarbage();
  expect(refusal()).toEqual(taken);
});

test('a directory that is not there', () => {
  rmSync(dir, { recursive: true });
  expect(refusal()).toMatchObject({ constructor: UserError, code: 'storage_failed' });
});
