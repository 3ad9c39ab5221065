import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { HydraError } from '../../../../src/hydra/errors.js';
import { loadYaml } from '../../../../src/hydra/yaml/load.js';
import { locate } from '../../../../src/hydra/yaml/locate.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const chain = (count: number, link: (n: number) => string): string => numbers(count).map(link).join('\n');

function outcome(text: string, limits = {}): string {
  try {
    loadYaml(text, { limits });
    return 'read';
  } catch (error) {
    if (error instanceof HydraError) return error.type;
    throw error;
  }
}

/** Aliases of aliases: ten times as many values with each line. */
const BOMB = `a0: &a0 [x]\n${chain(30, (n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]`)}`;
const MERGE_BOMB = `a0: &a0 {k: 1}\n${chain(60, (n) => `a${n + 1}: &a${n + 1} {<<: [*a${n}, *a${n}], k${n}: 1}`)}`;
const WIDE_MERGES = `b: &b {${numbers(20_000)
  .map((n) => `k${n}: 1`)
  .join(', ')}}\n${chain(2000, (n) => `m${n}: {<<: *b}`)}`;
const DEEP_MERGES = `x:\n- &a0 {k: 1}\n${chain(2000, (n) => `- &a${n + 1} {<<: *a${n}}`)}\nz: {<<: *a2000}`;
const DEEP_ALIASES = `- &a0 [1]\n${chain(2000, (n) => `- &a${n + 1} [*a${n}]`)}`;

test.each([
  ['a bomb of aliases', BOMB, 'LimitError'],
  ['a bomb of merges', MERGE_BOMB, 'LimitError'],
  ['a large mapping merged often', WIDE_MERGES, 'LimitError'],
  ['merges within merges', DEEP_MERGES, 'LimitError'],
  ['aliases within aliases', DEEP_ALIASES, 'LimitError'],
  ['a list that holds itself', '&a [*a]', 'ConstructorError'],
  ['a mapping that holds itself', 'a: &a\n  b:\n  - c: *a', 'ConstructorError'],
  ['brackets', '['.repeat(1_000_000), 'LimitError'],
  ['braces', '{a: '.repeat(500_000), 'LimitError'],
  ['dashes', '- '.repeat(1_000_000), 'LimitError'],
  ['question marks', '? '.repeat(1_000_000), 'LimitError'],
  ['an indentation that never ends', chain(1500, (n) => `${' '.repeat(n)}a:`), 'LimitError'],
  ['closing brackets', ']'.repeat(1_000_000), 'ParserError'],
  ['20 MB', 'a'.repeat(20_000_000), 'LimitError'],
  ['many items', '- a\n'.repeat(900_000), 'LimitError'],
  ['many keys', chain(200_000, (n) => `k${n}: 1`), 'LimitError'],
  ['many empty mappings', `[${'{},'.repeat(1_000_000)}]`, 'LimitError'],
  ['one key many times', 'a: 1\n'.repeat(100_000), 'ConstructorError'],
  ['a digit a million times', '1'.repeat(1_000_000), 'ValueError'],
  ['a number to the base 60', `${'1:'.repeat(1_000_000)}1`, 'ValueError'],
  ['no number, after a million digits', `!!float ${'1'.repeat(1_000_000)}x`, 'ValueError'],
  ['a quote that never closes', `"${'\n'.repeat(1_000_000)}`, 'ScannerError'],
  ['colons', ':'.repeat(1_000_000), 'ScannerError'],
  ['keys in keys', 'a: '.repeat(1_000_000), 'ScannerError'],
  ['tabs', '\t'.repeat(1_000_000), 'ScannerError'],
  ['directives', '%a b\n'.repeat(500_000), 'ParserError'],
  ['documents', '---\n'.repeat(500_000), 'ComposerError'],
  ['a long tag', `!${'%41'.repeat(1_000_000)}`, 'ConstructorError'],
  ['wide characters', '[\u{1f600}, '.repeat(100_000), 'LimitError'],
  ['words', 'a '.repeat(1_000_000), 'read'],
  ['lines of words', 'a\n'.repeat(1_000_000), 'read'],
  ['wide words', '\u{1f600} '.repeat(500_000), 'read'],
  ['byte order marks', '\ufeff'.repeat(1_000_000), 'read'],
  ['comments', '#\n'.repeat(1_000_000), 'read'],
  ['empty lines', '\n'.repeat(2_000_000), 'read'],
  ['a literal', `|\n${' a\n'.repeat(500_000)}`, 'read'],
])('%s', (_, text, type) => {
  const before = performance.now();
  expect(outcome(text)).toBe(type);
  // Mostly a tenth of it: what grows with the square takes minutes.
  expect(performance.now() - before).toBeLessThan(20_000);
});

test('limits can be set', () => {
  expect(outcome('[1, 2, 3]', { nodes: 4 })).toBe('read');
  expect(outcome('[1, 2, 3]', { nodes: 3 })).toBe('LimitError');
  expect(outcome('[[1]]', { depth: 2 })).toBe('read');
  expect(outcome('[[1]]', { depth: 1 })).toBe('LimitError');
  expect(outcome('abc', { length: 3 })).toBe('read');
  expect(outcome('abcd', { length: 3 })).toBe('LimitError');
  expect(outcome(`${'['.repeat(300)}${']'.repeat(300)}`, { depth: 300 })).toBe('read');
});

test('aliases count as what they stand for', () => {
  const text = '- &a [1, 2]\n- *a';
  expect(outcome(text, { nodes: 7 })).toBe('read');
  expect(outcome(text, { nodes: 6 })).toBe('LimitError');
});

test('nothing is found in a text beyond the limits', () => {
  expect(locate('['.repeat(1000), [0])).toBeNull();
});

test('what is refused costs less than 200 MB', () => {
  const directory = mkdtempSync(join(tmpdir(), 'expd-yaml-'));
  try {
    const outfile = join(directory, 'load.mjs');
    const entry = join(import.meta.dirname, '../../../../src/hydra/yaml/load.ts');
    buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm' });
    for (const text of [
      `'k' + Array.from({ length: 4e5 }, (_, n) => n).join(': 1\\nk')`,
      `'['.padEnd(3999999, '{},')`,
      `'"'.padEnd(3999999, '\\n')`,
      `'[\u{1f600}, '.repeat(500000)`,
      `'a'.repeat(2e7)`,
    ])
      expect(peak(outfile, text), text).toBeLessThan(200);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** MB that a process has at most which reads the text and fails. */
function peak(module: string, text: string): number {
  const program = `
    const { loadYaml } = await import(${JSON.stringify(module)});
    try { loadYaml(${text}); console.log('read'); }
    catch { console.log(process.resourceUsage().maxRSS / 1024); }`;
  const shown = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return Number(shown);
}
