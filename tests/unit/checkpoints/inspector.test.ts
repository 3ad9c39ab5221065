import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Inspector } from '../../../src/daemon/checkpoints/inspector.js';
import { bundle } from '../../helpers/store.js';
import { until } from '../../helpers/until.js';
import { put } from './files.js';

const file = bundle('src/daemon/checkpoints/process.ts');

/** Pids of the inspecting processes of this one. */
const children = (): number[] =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(file))
    .map((line) => Number.parseInt(line, 10));

function opened(): Inspector {
  const inspector = new Inspector(file);
  onTestFinished(() => inspector.close());
  return inspector;
}

test('a process that is killed fails its question, and the next one is answered by another', async () => {
  const root = mkdtempSync(join(tmpdir(), 'expd-inspector-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  put(root, { 'last.pt': 'x'.repeat(100) });
  const { inspect } = opened();
  const look = () => inspect('look', { path: join(root, 'last.pt') });
  expect(await look()).toMatchObject({ preset: 'torch', bytes: 100 });
  const [pid] = children();
  process.kill(pid!, 'SIGSTOP');
  const asked = look();
  process.kill(pid!, 'SIGKILL');
  await expect(asked).rejects.toThrow(/cannot be looked at: its process ended with SIGKILL/);
  expect(await look()).toMatchObject({ preset: 'torch' });
});

test('one that hangs does not hold up what others ask', async () => {
  const { inspect } = opened();
  await inspect('look', { path: '/nonexistent' });
  const [pid] = children();
  process.kill(pid!, 'SIGSTOP');
  const stuck = inspect('look', { path: '/nonexistent' }).catch(() => 'lost');
  expect(await inspect('look', { path: '/nonexistent' })).toBeNull();
  expect(children()).toHaveLength(2);
  process.kill(pid!, 'SIGKILL');
  expect(await stuck).toBe('lost');
});

test('its processes end with who started them', async () => {
  const inspector = new Inspector(file);
  await inspector.inspect('look', { path: '/nonexistent' });
  expect(children()).toHaveLength(1);
  inspector.close();
  await until('they are gone', () => children().length === 0);
  await expect(inspector.inspect('look', { path: '/nonexistent' })).resolves.toBeNull();
  inspector.close();
});
