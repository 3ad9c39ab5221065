import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FAR_BYTES, lastLines, Tail } from '../../src/tail.js';
import { until } from '../helpers/until.js';

let dir: string;
let file: string;
let tail: Tail | null = null;
let rings = 0;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'expd-tail-'));
  file = join(dir, 'log');
  rings = 0;
});
afterEach(() => {
  tail?.close();
  tail = null;
  rmSync(dir, { recursive: true, force: true });
});

const open = (path = file, offset = 0): Tail => {
  tail = new Tail(path, offset, () => rings++);
  return tail;
};
const space = Buffer.alloc(FAR_BYTES + 10);
const read = async (from: Tail): Promise<string> =>
  space.toString('latin1', 10, 10 + (await from.read(space, 10)));
const rung = (from: number): Promise<boolean> => until('it rings', () => rings > from);

test('what is appended rings, and is read once', async () => {
  writeFileSync(file, 'one\n');
  const log = open();
  expect(await read(log)).toBe('one\n');
  expect(log.sawEnd).toBe(true);
  expect(await read(log)).toBe('');
  const before = rings;
  appendFileSync(file, 'two\n');
  await rung(before);
  expect([await read(log), log.offset, await read(log)]).toEqual(['two\n', 8, '']);
});

test('a file that comes later, beside others', async () => {
  const log = open();
  expect([await read(log), log.exists]).toEqual(['', false]);
  writeFileSync(join(dir, 'other'), 'x');
  writeFileSync(file, 'here');
  await rung(0);
  expect(await read(log)).toBe('here');
  const before = rings;
  appendFileSync(file, '!');
  await rung(before);
  expect(await read(log)).toBe('!');
});

test('a directory that comes later is looked for now and then', async () => {
  const path = join(dir, 'later/log');
  const log = open(path);
  expect(await read(log)).toBe('');
  mkdirSync(join(dir, 'later'));
  writeFileSync(path, 'late');
  await rung(0);
  expect(await read(log)).toBe('late');
  const before = rings;
  appendFileSync(path, 'r');
  await rung(before);
  expect(await read(log)).toBe('r');
});

test('cut, replaced, removed and made again', async () => {
  writeFileSync(file, 'a long first version');
  const log = open();
  await read(log);
  truncateSync(file, 3);
  expect(await read(log)).toBe('a l');
  appendFileSync(file, ' more');
  renameSync(file, join(dir, 'old'));
  await rung(0);
  // What the old file still had comes first.
  expect(await read(log)).toBe(' more');
  expect(await read(log)).toBe('');
  const before = rings;
  writeFileSync(file, 'new');
  await rung(before);
  expect([await read(log), log.offset]).toEqual(['new', 3]);
  rmSync(file);
  writeFileSync(file, 'x');
  await until('the third is read', async () => (await read(log)) === 'x');
});

test('far behind it reads in large pieces, each once', async () => {
  const bytes = Buffer.from(Array.from({ length: 3 * FAR_BYTES + 7 }, (_, n) => (n * 31) % 251));
  writeFileSync(file, bytes);
  const log = open();
  const got: string[] = [];
  for (let piece = await read(log); piece !== ''; piece = await read(log)) got.push(piece);
  expect(got.map(({ length }) => length)).toEqual([FAR_BYTES, FAR_BYTES, FAR_BYTES, 7]);
  expect(Buffer.from(got.join(''), 'latin1').equals(bytes)).toBe(true);
});

test('a FIFO in its place blocks nobody', async () => {
  spawnSync('mkfifo', [file]);
  const log = open();
  expect(await read(log).catch((err: NodeJS.ErrnoException) => err.code)).toMatch(/^(ESPIPE|)$/);
});

test('nothing is left open', async () => {
  writeFileSync(file, 'x');
  const log = open();
  await read(log);
  log.close();
  expect(await read(log)).toBe('');
  const fds = spawnSync('sh', ['-c', `ls -l /proc/${process.pid}/fd | grep -cF -- "$0"`, dir]).stdout;
  expect(String(fds).trim()).toBe('0');
});

test('the last lines, over blocks', async () => {
  const lines = Array.from({ length: 40_000 }, (_, n) => `line ${n} ${'x'.repeat(n % 50)}\n`);
  const text = lines.join('');
  writeFileSync(file, text);
  for (const count of [1, 2, 17, 20_000, 39_999, 40_000, 50_000])
    expect(await lastLines(file, count, text.length)).toBe(text.length - lines.slice(-count).join('').length);
  const open = `${text}no end`;
  writeFileSync(file, open);
  expect(await lastLines(file, 1, open.length)).toBe(text.length);
  expect(await lastLines(file, 0, open.length)).toBe(open.length);
  writeFileSync(file, '\n\n\n');
  expect(await lastLines(file, 2, 3)).toBe(1);
});
