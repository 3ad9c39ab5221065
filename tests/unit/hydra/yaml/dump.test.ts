import { expect, test } from 'vitest';
import { Dict, type Key, PathValue, type Value } from '../../../../src/hydra/value.js';
import { dumpYaml } from '../../../../src/hydra/yaml/dump.js';

const dict = (...entries: [Key, Value][]): Dict<Value> => Dict.from(entries);
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, n) => n % 256);
const words = (count: number): string => Array(count).fill('word').join(' ');
const path = '!!python/object/apply:pathlib.PosixPath';
const shared = new PathValue('a');

/** Values and what `OmegaConf.to_yaml` writes. */
const WRITTEN: readonly (readonly [what: string, value: Value, text: string])[] = [
  ['an empty mapping', dict(), '{}\n'],
  ['an empty list', [], '[]\n'],
  [
    'scalars',
    dict(['a', 1n], ['b', -1.5], ['c', true], ['d', null], ['e', 'x']),
    'a: 1\nb: -1.5\nc: true\nd: null\ne: x\n',
  ],
  ['mappings', dict(['a', dict(['b', dict(['c', 1n])])], ['d', dict()]), 'a:\n  b:\n    c: 1\nd: {}\n'],
  [
    'a list below its key',
    dict(['a', [1n, dict(['b', 2n], ['c', [3n]])]], ['d', []]),
    'a:\n- 1\n- b: 2\n  c:\n  - 3\nd: []\n',
  ],
  ['lists of lists', [[1n, [2n]], [], dict(['a', [[3n]]])], '- - 1\n  - - 2\n- []\n- a:\n  - - 3\n'],
  [
    'floats',
    [1, 0.1, 1e-5, 1.5e-7, 1e16, -1e300, -0],
    '- 1.0\n- 0.1\n- 1.0e-05\n- 1.5e-07\n- 1.0e+16\n- -1.0e+300\n- -0.0\n',
  ],
  ['floats that are no numbers', [Number.NaN, Infinity, -Infinity], '- .nan\n- .inf\n- -.inf\n'],
  ['long integers', [2n ** 70n], '- 1180591620717411303424\n'],
  [
    'keys that are no text',
    dict([1n, 'a'], [1.5, 'b'], [false, 'c'], [null, 'd']),
    '1: a\n1.5: b\nfalse: c\nnull: d\n',
  ],
  [
    'keys in quotes',
    dict(['1', 0n], ['y', 0n], ['a: b', 0n], ['\t', 0n]),
    `'1': 0\n'y': 0\n'a: b': 0\n"\\t": 0\n`,
  ],
  ['an empty key', dict(['', dict(['a', 1n])]), `? ''\n: a: 1\n`],
  ['a key over lines', dict(['a\nb', [1n]]), `? 'a\n\n  b'\n: - 1\n`],
  ['a key of 122 characters', dict(['k'.repeat(122), 1n]), `${'k'.repeat(122)}: 1\n`],
  ['a key of 123 characters', dict(['k'.repeat(123), 1n]), `? ${'k'.repeat(123)}\n: 1\n`],
  ['a long key with spaces', dict([words(26), 1n]), `? ${words(16)}\n  ${words(10)}\n: 1\n`],
  [
    'quotes where signs ask for them',
    ['- a', '? a', ': a', 'a:', 'a #b', '#a', "'a", '---', '...a', '*a', '%a'],
    `- '- a'\n- '? a'\n- ': a'\n- 'a:'\n- 'a #b'\n- '#a'\n- '''a'\n- '---'\n- '...a'\n- '*a'\n- '%a'\n`,
  ],
  [
    'no quotes where they do not',
    ['-a', '?a', ':a', 'a:b', 'a#b', 'a, b', 'a [b] {c}', 'a - b', '${a:b,"c"}'],
    '- -a\n- ?a\n- :a\n- a:b\n- a#b\n- a, b\n- a [b] {c}\n- a - b\n- ${a:b,"c"}\n',
  ],
  ['blanks at the ends', [' a', 'a ', ' ', ''], `- ' a'\n- 'a '\n- ' '\n- ''\n`],
  ['line breaks', ['a\nb', 'a\n\nb\n', '\n'], `- 'a\n\n  b'\n- 'a\n\n\n  b\n\n  '\n- '\n\n  '\n`],
  ['spaces beside line breaks', ['a \nb', 'a\n b'], '- "a \\nb"\n- "a\\n b"\n'],
  [
    'control characters',
    ['\0\x07\b\t\v\f\r\x1b\x7f\u009f', 'a"\\\t'],
    '- "\\0\\a\\b\\t\\v\\f\\r\\e\\x7F\\x9F"\n- "a\\"\\\\\\t"\n',
  ],
  [
    'other scripts',
    ['\u00e9', '\u4f60\u597d', '\u{1f600}', '\u00a0x'],
    '- \u00e9\n- \u4f60\u597d\n- \u{1f600}\n- \u00a0x\n',
  ],
  [
    'characters that only escapes write',
    ['\ufeff', '\ufffe', '\ud800', '\u{10ffff}', '\u{1f600}\t'],
    '- "\\uFEFF"\n- "\\uFFFE"\n- "\\uD800"\n- "\\U0010FFFF"\n- "\\U0001F600\\t"\n',
  ],
  [
    'breaks that are none of Python',
    ['a\u0085b', 'a\u2028b', 'a\u2029\t'],
    `- 'a\u0085  b'\n- 'a\u2028  b'\n- "a\\P\\t"\n`,
  ],
  ['a long text', dict(['a', words(30)]), `a: ${words(16)}\n  ${words(14)}\n`],
  [
    'a long text deep within',
    dict(['a', [dict(['b', words(30)])]]),
    `a:\n- b: ${words(16)}\n    ${words(14)}\n`,
  ],
  ['a long text without spaces', ['x'.repeat(200)], `- ${'x'.repeat(200)}\n`],
  ['a long text of wide characters', [`${'\u{1f600}'.repeat(78)} b`], `- ${'\u{1f600}'.repeat(78)} b\n`],
  ['a line of 81 wide characters', [`${'\u{1f600}'.repeat(79)} b`], `- ${'\u{1f600}'.repeat(79)}\n  b\n`],
  ['two spaces at the width', [`${'x'.repeat(80)}  y z`], `- ${'x'.repeat(80)}  y\n  z\n`],
  ['a long text in single quotes', [`#${words(30)}`], `- '#${words(16)}\n  ${words(14)}'\n`],
  ['a long text in double quotes', [`\t${words(30)}`], `- "\\t${words(16)}\\\n  \\ ${words(14)}"\n`],
  [
    'bytes',
    dict(['a', bytes(3)], ['b', [bytes(60)]]),
    `a: !!binary |\n  AAEC\nb:\n- !!binary |\n  ${Buffer.from(bytes(57)).toString('base64')}\n  OTo7\n`,
  ],
  ['no bytes', [new Uint8Array()], '- !!binary ""\n'],
  ['bytes as a key', dict([bytes(3), 1n]), '? !!binary |\n  AAEC\n: 1\n'],
  [
    'paths',
    dict(['a', new PathValue('/b/c d')], ['e', [new PathValue('.')]]),
    `a: ${path}\n- /\n- b\n- c d\ne:\n- ${path} []\n`,
  ],
  ['a path behind a long key', dict(['', new PathValue('a')]), `? ''\n: ${path}\n- a\n`],
  ['one path in two places', [shared, dict(['a', shared])], `- &id001 ${path}\n  - a\n- a: *id001\n`],
  ['a text alone', 'a', 'a\n...\n'],
  ['a text alone in quotes', '1', `'1'\n`],
  ['bytes alone', bytes(3), '!!binary |\n  AAEC\n'],
];

test.each(WRITTEN)('writes %s', (_, value, text) => {
  expect(dumpYaml(value)).toBe(text);
});
