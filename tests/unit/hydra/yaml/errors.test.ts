import { expect, test } from 'vitest';
import { HydraError } from '../../../../src/hydra/errors.js';
import { loadYaml } from '../../../../src/hydra/yaml/load.js';

function failure(text: string): HydraError {
  try {
    loadYaml(text, { file: 'conf/a.yaml' });
  } catch (error) {
    if (error instanceof HydraError) return error;
    throw error;
  }
  throw new Error(`no error: ${JSON.stringify(text)}`);
}

/** Each with the kind that PyYAML gives it, a word of what people are told, and where it points. */
const MISTAKES: readonly (readonly [
  text: string,
  type: string,
  words: string,
  line: number,
  column: number,
])[] = [
  ['ReaderError', 'U+0001 is not allowed', 'a: 1\u0001', 1, 5],
  ['ReaderError', 'U+D800 is not allowed', 'a: \ud800', 1, 4],
  ['ScannerError', 'a tab cannot stand here', 'a:\n\tb: 1', 2, 1],
  ['ScannerError', 'a tab cannot stand here', 'a: 1\t\nb: 2', 1, 5],
  ['ScannerError', 'put the value in quotes', 'a: b: c', 1, 5],
  ['ScannerError', 'put the value in quotes', 'v: ${a: b}', 1, 7],
  ['ScannerError', 'goes on with the text of line 1', 'lr: 1\n  wd: 2', 2, 5],
  ['ScannerError', 'goes on with the text of line 1', 'a:1\nb: 2', 2, 2],
  ['ScannerError', 'a key must stand here', 'a: b\nc', 2, 1],
  ['ScannerError', 'a key must stand here', `a: 1\n${'k'.repeat(1025)}: 1`, 2, 1],
  ['ScannerError', '1024 characters at most', `${'k'.repeat(1025)}: 1`, 1, 1026],
  ['ScannerError', 'each `-` starts a line of its own', 'a: - b', 1, 4],
  ['ScannerError', '`?` starts a line of its own', 'a: ? b', 1, 4],
  ['ScannerError', 'cannot start with `@`: put it in quotes', 'a: @b', 1, 4],
  ['ScannerError', 'cannot start with a backtick', 'a: `b`', 1, 4],
  ['ScannerError', 'cannot start with `%`', 'a: %b', 1, 4],
  ['ScannerError', 'cannot start with `|`', '[ | ]', 1, 3],
  ['ScannerError', 'a text that starts with `*` needs quotes', 'a: *.txt', 1, 5],
  ['ScannerError', 'never closed', 'a: "b', 1, 4],
  ['ScannerError', 'not closed when the document ends', "a: 'b\n---\n'", 1, 4],
  ['ScannerError', 'write `\\\\` or use single quotes', 'a: "\\d"', 1, 5],
  ['ScannerError', 'needs 2 hexadecimal digits', 'a: "\\x4"', 1, 5],
  ['ScannerError', 'only `+`, `-` and a digit', 'a: |x\n  b', 1, 5],
  ['ScannerError', 'never 0', 'a: |0\n  b', 1, 5],
  ['ScannerError', 'the text starts in the next line', 'a: > b\n', 1, 6],
  ['ConstructorError', 'the tag !b,c is not known', 'a: !b,c 1', 1, 4],
  ['ScannerError', 'cannot follow a tag', 'a: !b{ 1', 1, 6],
  ['ParserError', 'cannot follow here', '%x y\n1', 2, 1],
  ['ParserError', 'only versions 1.x', '%YAML 2.0\n---\na', 1, 1],
  ['ParserError', 'what !x! stands for', 'a: !x!y 1', 1, 4],
  ['ParserError', '`[` that opens here is never closed', 'a: [1, 2', 1, 4],
  ['ParserError', '`,` or `]`, for the bracket of line 1, was expected', 'a: [1, 2\nb: 3', 2, 2],
  ['ParserError', 'not `}`', 'a: [1}', 1, 6],
  ['ParserError', 'a value was expected here, not `,`', 'a: [1,,2]', 1, 7],
  ['ParserError', 'a value was expected here, not `]`', 'a: ]', 1, 4],
  ['ParserError', "an interpolation within brackets is put in quotes: '${…}'", 'a: [1, ${b}]', 1, 8],
  ['ParserError', 'the document is complete', '{a: 1}}', 1, 7],
  ['ParserError', 'the indentation of this line fits none', 'a:\n  b: 1\n c: 2', 3, 2],
  ['ParserError', 'is a quote missing', "a: 'it's'", 1, 8],
  ['ParserError', 'an item of the list was expected here, not a key', '- a\nb: 1', 2, 1],
  ['ComposerError', 'no anchor &b', 'a: *b', 1, 4],
  ['ComposerError', 'given a second time', '- &a 1\n- &a 2', 2, 3],
  ['ComposerError', 'a second document starts here', 'a: 1\n---\nb: 2', 2, 1],
  ['ConstructorError', 'the key `a` stands twice in one mapping, first in line 1', 'a: 1\nb: 2\na: 3', 3, 1],
  ['ConstructorError', 'the tag !x is not known', 'a: !x 1', 1, 4],
  ['ConstructorError', 'the tag !!python/tuple is not known', 'a: !!python/tuple [1]', 1, 4],
  ['ConstructorError', '`<<` is a value only in quotes', 'a: <<', 1, 4],
  ['ConstructorError', '`=` is a value only in quotes', 'a: =', 1, 4],
  ['ConstructorError', '`<<` takes a mapping', '<<: 1', 1, 5],
  ['ConstructorError', '`<<` takes a mapping', '<<: [{}, 1]', 1, 10],
  ['ConstructorError', 'cannot be a key: a text that starts with a bracket needs quotes', 'a: {{x}}', 1, 5],
  ['ConstructorError', 'not base64', '!!binary a', 1, 1],
  ['ConstructorError', 'not base64', '!!binary YQ=QQYQ=', 1, 1],
  ['ConstructorError', 'a mapping with one entry', '!!omap [a]', 1, 9],
  ['ConstructorError', 'the tag !!str needs a scalar, not a list', '!!str [a]', 1, 1],
  ['ValueError', '`x` is not an integer', '!!int x', 1, 1],
  ['ValueError', '`x` is not a number', '!!float x', 1, 1],
  ['KeyError', '`x` is no boolean', '!!bool x', 1, 1],
  ['TypeError', 'needs a mapping, not a list', '!!map [x]', 1, 1],
  ['TypeError', 'the parts of a path are texts', '!!python/object/apply:pathlib.Path [1]', 1, 37],
  ['UnsupportedValueType', 'no sets', 'a: !!set {b}', 1, 4],
  ['UnsupportedValueType', 'no dates', 'a: !!timestamp 2001-12-14', 1, 4],
];

test.each(MISTAKES)('%s: %s', (type, words, text, line, column) => {
  const { type: found, message, details } = failure(text);
  expect(found).toBe(type);
  expect(message).toContain(words);
  expect(message).not.toContain('\n');
  expect(details.place).toEqual({ file: 'conf/a.yaml', line, column });
});

test('the line is shown as it is', () => {
  expect(failure('# c\r\n\u{1f600}: b: c\r\nd: e').details).toEqual({
    place: { file: 'conf/a.yaml', line: 2, column: 5 },
    source: '\u{1f600}: b: c',
  });
});

test('of a long line only the start is shown, and nothing that lies beyond it', () => {
  expect(failure(`a: b: ${'c'.repeat(1000)}`).details.source).toHaveLength(400);
  expect(failure(`a: ${'c'.repeat(1000)}: d`).details.source).toBeUndefined();
});

test('a duplicate in a mapping that was merged elsewhere before is found, as PyYAML finds it', () => {
  const text = 'x:\n  y: &b\n    <<: {k: 1}\n    k: 2\n';
  expect(loadYaml(text)).toBeDefined();
  expect(failure(`${text}z:\n  <<: *b\n`).type).toBe('ConstructorError');
});
