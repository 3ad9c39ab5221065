import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lastTraceback } from '../../../src/daemon/rundir/traceback.js';
import { scratch } from './fixture.js';

const PYTHON =
  'Traceback (most recent call last):\n  File "t.py", line 3, in <module>\n    f()\nValueError: no\n';

test.each<[what: string, log: string, first: string, last: string]>([
  ['after progress', `epoch 1\n${PYTHON}`, 'Traceback (most recent call last):', 'ValueError: no'],
  ['of a rank', PYTHON.replace(/^/gm, '[rank0]: '), 'Traceback (most recent call last):', 'ValueError: no'],
  ['coloured', `\x1b[31m${PYTHON}\x1b[0m`, 'Traceback (most recent call last):', 'ValueError: no'],
  [
    'of Hydra',
    `${PYTHON}\nSet the environment variable HYDRA_FULL_ERROR=1 …\n`,
    'Traceback (most recent call last):',
    'Set the environment variable HYDRA_FULL_ERROR=1 …',
  ],
  ['without message', PYTHON.replace(': no', ''), 'Traceback (most recent call last):', 'ValueError'],
])('Python: %s', (_, log, first, last) => {
  const lines = lastTraceback(log)!.split('\n');
  expect([lines[0], lines.at(-1)]).toEqual([first, last]);
});

test('a chain of exceptions is shown from its first cause', () => {
  const link = '\nDuring handling of the above exception, another exception occurred:\n\n';
  const chain = `${PYTHON.replace('ValueError: no', 'KeyError: 1')}${link}${PYTHON}`;
  expect(lastTraceback(`caught earlier:\n${PYTHON}epoch 2\n${chain}`)).toBe(chain.trimEnd());
});

test.each([
  ['', 'nothing'],
  ['epoch 1\nepoch 2\n', 'progress'],
  [`${PYTHON}${'epoch\n'.repeat(20)}`, 'a traceback that was survived'],
  ['Traceback (most recent call last):\n', 'a torn one'],
  ['see Node.js v20.1.0 for details\n', 'a mention'],
])('none in %j', (log) => {
  expect(lastTraceback(log)).toBeNull();
});

test.each([
  ['throw.mjs', 'function f() { throw new Error("no way"); }\nf();', 'Error: no way'],
  ['reject.mjs', 'await Promise.reject(new TypeError("later"));', 'TypeError: later'],
  ['string.mjs', 'throw "just words";', 'just words'],
  ['syntax.mjs', 'const = 1;', 'SyntaxError'],
])('Node.js itself: %s', async (name, source, message) => {
  const said = await stderrOf(process.execPath, name, source);
  expect(lastTraceback(`epoch 1\n${said}`)).toContain(message);
  expect(lastTraceback(`epoch 1\n${said}`)).not.toContain('epoch');
});

test.each([
  ['raise.py', 'def f():\n  raise ValueError("no\\nsecond line")\nf()', 'second line'],
  ['syntax.py', 'def f(:\n  pass', 'SyntaxError'],
  ['group.py', 'try:\n  1/0\nexcept Exception as e:\n  raise KeyError("x") from e', 'ZeroDivisionError'],
])('Python itself: %s', async (name, source, message) => {
  const said = await stderrOf('python3', name, source);
  expect(lastTraceback(`epoch 1\n${said}`)).toContain(message);
});

test('a program that exits with a code of its own leaves none', async () => {
  expect(
    lastTraceback(await stderrOf('python3', 'x.py', 'import sys; sys.exit("bad arguments")')),
  ).toBeNull();
});

async function stderrOf(program: string, name: string, source: string): Promise<string> {
  const file = join(await scratch(), name);
  await writeFile(file, source);
  return new Promise((resolve) => execFile(program, [file], (_error, _out, stderr) => resolve(stderr)));
}
