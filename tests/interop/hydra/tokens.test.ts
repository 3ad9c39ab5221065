import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { codeOf } from '../../../src/program/code.js';
import { tokens } from '../../../src/program/tokens.js';
import { interopPython } from '../../helpers/interop-python.js';

const { python, test } = interopPython('training');

test('the standard library has the tokens that Python says', () => {
  const script = `${import.meta.dirname}/tokens.py`;
  const { status, stdout, stderr } = spawnSync(python, [script], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  expect(status, stderr).toBe(0);
  const files = stdout
    .trimEnd()
    .split('\n')
    .map((line): [string, string, string[][]] => JSON.parse(line));
  expect(files.length).toBeGreaterThan(100);
  for (const [name, source, theirs] of files) {
    const ours = tokens(source).map(({ kind, text }) => [kind, text]);
    const at = theirs.findIndex(([kind, text], n) => ours[n]?.[0] !== kind || ours[n]?.[1] !== text);
    expect(at === -1 ? null : [ours[at], theirs[at]], name).toBeNull();
    expect(ours.length, name).toBe(theirs.length);
    expect(isCodeOf(source, codeOf(source)), name).toBe(true);
  }
});

/** Whether the code of a source has each token where it stands, quotes for strings, and nothing else. */
function isCodeOf(source: string, code: string): boolean {
  let at = 0;
  const whole = tokens(source).every((token) => {
    const shown = token.kind === 'string' ? '"'.repeat(token.text.length) : token.text;
    const right = code.slice(at, token.at).trim() === '' && code.startsWith(shown, token.at);
    at = token.at + shown.length;
    return right;
  });
  return whole && code.length === source.length && code.slice(at).trim() === '';
}
