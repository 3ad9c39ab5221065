import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as library from '../../../src/hydra/hydra.js';
import { Dict, isList, type Value } from '../../../src/hydra/hydra.js';

const README = readFileSync(join(import.meta.dirname, '../../../src/hydra/README.md'), 'utf8');

const FILES = {
  'config.yaml': 'defaults:\n- model: small\n- _self_\noptim: {lr: 0.1}\nseed: 0\n',
  'model/small.yaml': 'width: 1\n',
  'model/large.yaml': 'width: 9\n',
};

const home = process.cwd();
const directory = mkdtempSync(join(tmpdir(), 'expd-readme-'));

beforeAll(() => {
  mkdirSync(join(directory, 'conf/model'), { recursive: true });
  for (const [path, text] of Object.entries(FILES)) writeFileSync(join(directory, 'conf', path), text);
  process.chdir(directory);
});
afterAll(() => {
  process.chdir(home);
  rmSync(directory, { recursive: true });
});

test('the examples run, and give what is said beside them', () => {
  const said: string[] = [];
  const given: string[] = [];
  let printed = '';
  const run = new Function('expd', 'process', 'shown', transformSync(program(), { loader: 'ts' }).code);
  run(library, { stdout: { write: (text: string) => (printed += text) } }, (value: Value, words: string) => {
    said.push(words);
    given.push(show(value));
  });
  // What follows the value is said about it.
  expect(given).toEqual(said.map((words, index) => words.slice(0, given[index]!.length)));
  expect(said).toHaveLength(4);
  expect(printed).toBe('model:\n  width: 9\noptim:\n  lr: 0.0003\nseed: 0\nnote: first\n');
});

/** All examples in one scope; a line `expression;  // value` hands both over. */
const program = (): string =>
  [...README.matchAll(/^```ts\n([\s\S]*?)^```/gm)]
    .map(([, code]) => code)
    .join('')
    .replace(/^import (\{.*\}) from 'expd\/hydra';$/gm, (_, names: string) => `var ${names} = expd;`)
    .replace(
      /^(?!const)(.+);\s+\/\/ (?=[\d'[]|Dict)(.*)$/gm,
      (_, code: string, words: string) => `shown(${code}, ${JSON.stringify(words)});`,
    );

function show(value: Value): string {
  if (value instanceof Dict)
    return `Dict { ${[...value].map(([key, item]) => `${String(key)}: ${show(item)}`).join(', ')} }`;
  if (isList(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}
