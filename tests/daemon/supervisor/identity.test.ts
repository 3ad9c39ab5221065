import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { ageMs, identify, isAlive, parseStat, readBootId } from '../../../src/daemon/supervisor/identity.js';

const stat = (comm: string, state = 'S', threads = 1, start = 987654): string =>
  `4711 (${comm}) ${state} 1 4711 4711 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 ${threads} 0 ${start} 1000 200 18446744073709551615\n`;

test.each([['sh'], ['a b'], ['tmux: server)'], [') S 1 2 3 (('], ['new\nline'], ['']])(
  'start time behind the command name %j',
  (comm) => {
    expect(parseStat(stat(comm))).toEqual({ id: { pid: 4711, start: 987654 }, over: false });
  },
);

test('a zombie is over, but not one whose threads work on', () => {
  expect(parseStat(stat('x', 'Z'))?.over).toBe(true);
  expect(parseStat(stat('x', 'Z', 3))?.over).toBe(false);
  expect(parseStat(stat('x', 'X', 0))?.over).toBe(true);
});

test('what is no stat is nobody', () => {
  for (const text of ['', 'x', '4711 (sh', '4711 (sh) S 1']) expect(parseStat(text)).toBeNull();
});

test('a process is itself by pid and start time', async () => {
  const child = spawn('sleep', ['1000']);
  await once(child, 'spawn');
  const id = identify(child.pid ?? 0)!;
  expect(isAlive(id)).toBe(true);
  expect(isAlive({ ...id, start: id.start + 1 })).toBe(false);
  expect(ageMs(id)).toBeLessThan(60_000);
  expect(ageMs(id)).toBeGreaterThan(-20);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(id)).toBe(false);
  expect(readBootId()).toMatch(/^[0-9a-f-]{36}$/);
});
