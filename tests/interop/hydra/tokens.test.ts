import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { tokens } from '../../../src/program/tokens.js';
import { interopPython, withHydra } from './python.js';

withHydra('the standard library has the tokens that Python says', () => {
  const script = `${import.meta.dirname}/tokens.py`;
  const { status, stdout, stderr } = spawnSync(interopPython!, [script], {
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
  }
});
