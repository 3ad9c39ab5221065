import { expect, test } from 'vitest';
import { strip } from '../../../src/hydra/python/blanks.js';
import { fnmatch } from '../../../src/hydra/python/fnmatch.js';
import { floatRepr, readFloat, readInt } from '../../../src/hydra/python/number.js';
import { strftime } from '../../../src/hydra/python/strftime.js';
import { repr, str } from '../../../src/hydra/python/text.js';
import { Dict, type Value } from '../../../src/hydra/value.js';

// Python's own answers.

test.each([
  [1, '1.0'],
  [0.1, '0.1'],
  [1e16, '1e+16'],
  [123456789012345680, '1.2345678901234568e+17'],
  [9999999999999998, '9999999999999998.0'],
  [1e-5, '1e-05'],
  [0.0001, '0.0001'],
  [-0, '-0.0'],
  [5e-324, '5e-324'],
  [Number.NaN, 'nan'],
  [Number.NEGATIVE_INFINITY, '-inf'],
])('repr(%d)', (value, text) => {
  expect(floatRepr(value)).toBe(text);
});

test.each<[string, bigint | null]>([
  ['1_000', 1000n],
  [' -7\n', -7n],
  ['٣', 3n],
  ['1__0', null],
  ['0x1F', null],
  ['', null],
])('int(%j)', (text, value) => {
  expect(readInt(text)).toBe(value);
});

test.each<[string, number | null]>([
  ['1e3', 1000],
  ['.5', 0.5],
  [' Infinity ', Number.POSITIVE_INFINITY],
  ['1_0.0_1', 10.01],
  ['1e400', Number.POSITIVE_INFINITY],
  ['1.e', null],
  ['0x1', null],
])('float(%j)', (text, value) => {
  expect(readFloat(text)).toBe(value);
});

test('str() and repr() of what a configuration holds', () => {
  const value = Dict.from<Value>([
    ['a', [1n, 2.5, null, true, "it's"]],
    [1n, new Dict<Value>()],
  ]);
  expect(str(value)).toBe(`{'a': [1, 2.5, None, True, "it's"], 1: {}}`);
  expect(str('x')).toBe('x');
  expect(repr('a\n\u00e9\u200b\'"')).toBe(`'a\\né\\u200b\\'"'`);
});

test.each([
  ['a*', 'abc', true],
  ['a?c', 'abc', true],
  ['[ab]x', 'bx', true],
  ['[!ab]x', 'bx', false],
  ['[', '[', true],
  ['*', '', true],
  ['A*', 'abc', false],
  ['a.c', 'abc', false],
])('%s matches %s: %s', (pattern, name, matches) => {
  expect(fnmatch(name, pattern)).toBe(matches);
});

const MOMENT = { year: 2024, month: 1, day: 2, hour: 15, minute: 4, second: 5, microsecond: 6789 };

test.each([
  ['%Y-%m-%d_%H-%M-%S', '2024-01-02_15-04-05'],
  ['%y %b %B %a %A %j', '24 Jan January Tue Tuesday 002'],
  ['%I %p %f %U %W %w', '03 PM 006789 00 01 2'],
  ['%D %T %F %%', '01/02/24 15:04:05 2024-01-02 %'],
  ['é %-d', 'é 2'],
])('strftime(%j)', (format, text) => {
  expect(strftime(MOMENT, format)).toBe(text);
});

test('blanks are those of Python', () => {
  expect(strip('\u00a0\u2003\x1c a\ufeff \t')).toBe('a\ufeff');
});
