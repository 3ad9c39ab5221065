import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogFile } from '../../src/daemon/log-file.js';
import { until } from '../helpers/until.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'expd-log-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const path = (): string => join(dir, 'expd.log');

test('lines arrive in order, those before the close too', async () => {
  const log = new LogFile(path());
  for (let n = 0; n < 1000; n++) log.write(`line ${n} é\n`);
  await log.close();
  const expected = Array.from({ length: 1000 }, (_, n) => `line ${n} é\n`).join('');
  expect(readFileSync(path(), 'utf8')).toBe(expected);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
});

test('what is written after the close is dropped', async () => {
  const log = new LogFile(path());
  await log.close();
  log.write('late\n');
  await log.close();
  expect(readFileSync(path(), 'utf8')).toBe('');
});

test('a disk that takes nothing costs lines, not the process, and the close returns', async () => {
  symlinkSync('/dev/full', path());
  const log = new LogFile(path());
  for (let n = 0; n < 3; n++) {
    log.write('lost\n');
    await new Promise(setImmediate);
  }
  log.write('lost\n');
  await log.close();
});

test('it is rotated, and no line is cut or lost', async () => {
  const log = new LogFile(path());
  const files = (): string[] => readdirSync(dir).sort();
  const line = `${'x'.repeat(2 ** 16 - 1)}\n`;
  const total = (): number => files().reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
  for (let n = 1; n <= 400; n++) {
    log.write(line);
    await until('it is written', () => total() === n * line.length);
  }
  await log.close();
  expect(files()).toEqual(['expd.log', 'expd.log.1', 'expd.log.2']);
  for (const name of files()) expect(readFileSync(join(dir, name), 'utf8').endsWith('x\n')).toBe(true);
});

test('a file that cannot be made is made when it can be', async () => {
  writeFileSync(join(dir, 'log'), 'in the way');
  const late = new LogFile(join(dir, 'log/expd.log'));
  late.write('lost\n');
  rmSync(join(dir, 'log'));
  late.write('kept\n');
  await late.close();
  expect(readFileSync(join(dir, 'log/expd.log'), 'utf8')).toBe('kept\n');
});
