import { expect, test } from 'vitest';
import { composeText, refusal } from '../trees.js';

const TEXT = 'a: 1\nlong: {name: 1}\nb: {c: 2, d: {e: 3}}\nl: [x, {k: v}]\nn: null\nm: ???\nr: ${b}\n';

const printed = (overrides: readonly string[]): string => composeText(TEXT, overrides).yaml();

/** What of the configuration each changes; the rest stays. */
test.each<[string[], string, string]>([
  [['a=2'], 'a: 1\n', 'a: 2\n'],
  [['a=null'], 'a: 1\n', 'a: null\n'],
  [['a=[1,{b:c}]'], 'a: 1\n', 'a:\n- 1\n- b: c\n'],
  [['b.d.e=x'], 'e: 3\n', 'e: x\n'],
  [['b={c:5}'], 'c: 2\n', 'c: 5\n'],
  [['+b.x=1'], 'e: 3\n', 'e: 3\n  x: 1\n'],
  [['++b.c=7'], 'c: 2\n', 'c: 7\n'],
  [['++b.x.u.z=7'], 'e: 3\n', 'e: 3\n  x:\n    u:\n      z: 7\n'],
  [['+b={x:1}'], 'e: 3\n', 'e: 3\n  x: 1\n'],
  [['+n=5'], "n': null\n", "n': 5\n"],
  [['+m=5'], 'm: ???\n', 'm: 5\n'],
  [['l.0=z'], '- x\n', '- z\n'],
  [['l.1.k=z'], 'k: v\n', 'k: z\n'],
  [['l=[]'], 'l:\n- x\n- k: v\n', 'l: []\n'],
  [['~a'], 'a: 1\n', ''],
  [['~a=1'], 'a: 1\n', ''],
  [['~b.d'], '  d:\n    e: 3\n', ''],
  [['~b.d.e'], 'd:\n    e: 3\n', 'd: {}\n'],
  [['a=5', 'a=6'], 'a: 1\n', 'a: 6\n'],
  [['++r.c=9'], 'r: ${b}\n', 'r:\n  c: 9\n'],
  [["a='${b.c}'"], 'a: 1\n', 'a: ${b.c}\n'],
])('%j', (overrides, before, after) => {
  const plain = printed([]);
  expect(plain).toContain(before);
  expect(printed(overrides)).toBe(plain.replace(before, after));
});

/** Each with a word of what people are told, and of the hint. */
test.each<[string, string, string]>([
  ['x=1', "Could not override 'x': there is no key 'x'", '+x=1'],
  ['long.nmae=1', "Could not override 'long.nmae'", "did you mean 'name'?"],
  ['+a=2', "An item is already at 'a'", 'to change it write a=2'],
  ['~x', "Could not delete from config. 'x' does not exist", ''],
  ['~a=2', "The value of 'a' is 1 and not 2", ''],
  ['x@y=1', "config group 'x' does not exist", ''],
  ['b.c.d=1', "Could not override 'b.c.d'", ''],
  ['l.5=1', 'Error merging override l.5=1', ''],
])('%s is refused', (override, message, hint) => {
  const error = refusal(() => printed([override]));
  expect(error.type).toBe('ConfigCompositionException');
  expect(error.message).toContain(message);
  expect(error.details.hint ?? '').toContain(hint);
});

test('what there was to choose from is told', () => {
  expect(refusal(() => printed(['b.x=1'])).details.available).toEqual(['c', 'd']);
});

test('an index of a list is a number', () => {
  expect(refusal(() => printed(['l.x=1'])).type).toBe('ValueError');
});
