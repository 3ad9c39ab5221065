import { expect, test } from 'vitest';
import { type Json, toTyped } from '../../../../src/hydra/typed-json.js';
import { dumpYaml } from '../../../../src/hydra/yaml/dump.js';
import { loadYaml } from '../../../../src/hydra/yaml/load.js';

const words = (text: string): string[] => text.split(' ');
const read = (text: string): Json => toTyped(loadYaml(text));

test.each(words('yes Yes YES true True TRUE on On ON'))('%s is true', (text) => {
  expect(read(text)).toBe(true);
});

test.each(words('no No NO false False FALSE off Off OFF'))('%s is false', (text) => {
  expect(read(text)).toBe(false);
});

test.each(words('~ null Null NULL'))('%s is null', (text) => {
  expect(read(`[${text}]`)).toEqual([null]);
});

test.each([
  ['0', 0],
  ['-0', 0],
  ['+3', 3],
  ['1_000', 1000],
  ['1__0', 10],
  ['12_', 12],
  ['0b1_01', 5],
  ['007', 7],
  ['0_7', 7],
  ['-017', -15],
  ['0x1F', 31],
  ['1:30', 90],
  ['-12:30:45', -45045],
])('%s is the int %i', (text, value) => {
  expect(read(text)).toBe(value);
});

test.each([
  ['1.', '1.0'],
  ['.5', '0.5'],
  ['.5e-3', '0.0005'],
  ['-1.5', '-1.5'],
  ['1e3', '1000.0'],
  ['1e-3', '0.001'],
  ['1E5', '100000.0'],
  ['1_0e1', '100.0'],
  ['1.e3', '1000.0'],
  ['1__2.1_', '12.1'],
  ['08.5', '8.5'],
  ['-0.0', '-0.0'],
  ['1e400', 'inf'],
  ['.inf', 'inf'],
  ['-.INF', '-inf'],
  ['.NaN', 'nan'],
  ['1:30.5', '90.5'],
])('%s is the float %s', (text, repr) => {
  expect(read(text)).toEqual({ $float: repr });
});

const TEXTS =
  'y n tRue yEs nULL none None 08 0o17 0b12 0x 1_0_e1 1e1_0 1e .5e3 .1e5 +.1 -.nan +.nan inf nan .Inf1 1:60 01:30 ' +
  '2001-12-14 2001-12-14T21:59:43Z 1.2.3 -- +- ${a} ??? \u0661';
test.each(words(TEXTS))('%s is a text', (text) => {
  expect(read(text)).toBe(text);
});

// What is read as something else, or might be by others, is written in quotes.

const QUOTED =
  'yes NO on y N ~ null 1 -1 1_000 0x1F 0b1 017 1:30 1.5 1e3 .5 1. .inf .nan inf -nan Infinity infinity 1_0e1 +.1 ' +
  '2001-12-14 2001-1-1T1:00:00 << = \u0661 1e5 08';
test.each(words(QUOTED))('%s is quoted', (text) => {
  expect(dumpYaml([text])).toBe(`- '${text}'\n`);
});

const PLAIN =
  'nULL none tRue yEs 0o17 0x 1e .5e 1:60 2001-1-1 1.2.3 -a ?a :a a:b a#b x=y infx nano 1__2e1 1_e 0b2 ${a} ???';
test.each(words(PLAIN))('%s is not', (text) => {
  expect(dumpYaml([text])).toBe(`- ${text}\n`);
});

test('as PyYAML writes it, one text comes back as a number', () => {
  expect(dumpYaml(['1._5e5'])).toBe('- 1._5e5\n');
  expect(read('1._5e5')).toEqual({ $float: '150000.0' });
});
