import { expect, test } from 'vitest';
import { disabledHeader, packageHeader } from '../../../../src/hydra/compose/header.js';
import { refusal } from '../trees.js';

test.each([
  ['# @package a.b\nx: 1', 'a.b'],
  ['#@package _global_', '_global_'],
  ['#\t@package a', 'a'],
  ['  # @package   a  ', 'a'],
  ['\n\n# @package a', 'a'],
  ['# @other x\n# @package a', 'a'],
  ['# @package a\n# @package b', 'b'],
  ['# @package a\r\nx: 1', 'a'],
  ['# @package a\u2028# @package b', 'b'],
  ['\u00a0# @package a', 'a'],
  ['# c\n# @package a', null],
  ['x: 1\n# @package a', null],
  ['## @package a', null],
  ['# @Package a', null],
  // A byte order mark is no blank to Python.
  ['\ufeff# @package a', null],
  [`#${' '.repeat(512)}@package a`, null],
  ['', null],
])('%j', (text, header) => {
  expect(packageHeader(text, 'a.yaml')).toBe(header);
});

test.each(['# @package', '# @package a b', '# @package a # why'])('%j is refused', (text) => {
  const error = refusal(() => packageHeader(`\n${text}`, 'conf/a.yaml'));
  expect(error.type).toBe('ValueError');
  expect(error.details.place).toEqual({ file: 'conf/a.yaml', line: 2, column: 1 });
});

test('a header that an ordinary comment disables is noticed', () => {
  expect(disabledHeader('# why\n# @package a\nx: 1')).toBe(true);
  expect(disabledHeader('# @package a\n# why\nx: 1')).toBe(false);
  expect(disabledHeader('x: 1\n# @package a')).toBe(false);
});
