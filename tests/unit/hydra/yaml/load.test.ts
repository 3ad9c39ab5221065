import { expect, test } from 'vitest';
import { type Json, toTyped } from '../../../../src/hydra/typed-json.js';
import { Dict, PathValue } from '../../../../src/hydra/value.js';
import { loadYaml } from '../../../../src/hydra/yaml/load.js';
import { DOCUMENTS } from './documents.js';

const read = (text: string): Json => toTyped(loadYaml(text));

test.each(DOCUMENTS)('reads %s', (_, text, json) => {
  expect(read(text)).toEqual(json);
});

test('an int is no float', () => {
  expect(loadYaml('[1, 1.0]')).toEqual([1n, 1]);
});

test('keys keep their order, also those that look like numbers', () => {
  const value = loadYaml('b: 1\n10: 2\n"2": 3\na: 4');
  expect(value instanceof Dict && value.keys()).toEqual(['b', 10n, '2', 'a']);
});

test('equal keys are one: the first key and the last value', () => {
  const value = loadYaml('{1: a, true: b, 1.0: c, 2: d, 2: e}');
  expect(value instanceof Dict && [...value]).toEqual([
    [1n, 'c'],
    [2n, 'e'],
  ]);
});

test('what an alias stands for is shared', () => {
  const value = loadYaml('a: &p !!python/object/apply:pathlib.Path [x]\nb: *p');
  const path = value instanceof Dict ? value.get('a') : null;
  expect(path).toBeInstanceOf(PathValue);
  expect(value instanceof Dict && value.get('b')).toBe(path);
});
