import { expect, test } from 'vitest';
import type { Json } from '../../../../src/hydra/typed-json.js';
import { answerParse } from '../../../conformance/overrides.js';
import { refusal } from '../trees.js';

const parsed = (input: string): { [key: string]: Json } =>
  answerParse('override', input) as { [key: string]: Json };

test.each([
  ['a=1', 'CHANGE', 'a', null],
  ['a.b.0=1', 'CHANGE', 'a.b.0', null],
  ['+a=1', 'ADD', 'a', null],
  ['++a=1', 'FORCE_ADD', 'a', null],
  ['~a', 'DEL', 'a', null],
  ['~a=1', 'DEL', 'a', null],
  ['db/engine=x', 'CHANGE', 'db/engine', null],
  ['db@src=x', 'CHANGE', 'db', 'src'],
  ['+db/engine@a.b=x', 'ADD', 'db/engine', 'a.b'],
  ['db@=x', 'CHANGE', 'db', ''],
  ['db@_global_=x', 'CHANGE', 'db', '_global_'],
  ['=1', 'CHANGE', '', null],
  ['$a-b.c-=1', 'CHANGE', '$a-b.c-', null],
  ['0.a=1', 'CHANGE', '0.a', null],
])('the key of %s', (input, type, key, pkg) => {
  expect(parsed(input)).toMatchObject({ type, key_or_group: key, package: pkg, input_line: input });
});

const float = (repr: string): Json => ({ $float: repr });

test.each<[string, Json]>([
  ['1', 1],
  ['-1_000', -1000],
  ['007', '007'],
  ['123456789012345678901', { $int: '123456789012345678901' }],
  ['1e-3', float('0.001')],
  ['.5', float('0.5')],
  ['-inf', float('-inf')],
  ['nan', float('nan')],
  ['True', true],
  ['off', 'off'],
  ['NULL', null],
  ['', ''],
  ['  a', 'a'],
  ['a b  c', 'a b  c'],
  ['a\\,b', 'a,b'],
  ['a\\ ', 'a '],
  ['a/b:c', 'a/b:c'],
  ['10:30', '10:30'],
  ['1 2', '1 2'],
  ['${a.b}', '${a.b}'],
  ['x_${a}_${b}', 'x_${a}_${b}'],
  ["'a,b'", { $quoted: 'a,b', quote: 'single' }],
  ['"it\'s"', { $quoted: "it's", quote: 'double' }],
  ["'it\\'s'", { $quoted: "it's", quote: 'single' }],
  ['[]', []],
  ['[1,a, 2.0 ,[x]]', [1, 'a', float('2.0'), ['x']]],
  ['{}', {}],
  ['{a:1,b:{c:[x]}}', { a: 1, b: { c: ['x'] } }],
  ['{a:1,a:2}', { a: 2 }],
  ['{1:a,true:b}', { $map: [[1, 'b']] }],
  ['int(3.9)', 3],
  ['float(3)', float('3.0')],
  ['str(1)', '1'],
  ['bool(TRUE)', true],
  ['str([1,true])', ['1', 'true']],
])('the value of a=%s', (text, value) => {
  expect(parsed(`a=${text}`).value).toEqual(value);
});

test.each<[string, string, string[]]>([
  ['1,2', 'SIMPLE_CHOICE_SWEEP', ['1', '2']],
  ['a, b ,c', 'SIMPLE_CHOICE_SWEEP', ['a', 'b', 'c']],
  ['[1,2],{a:1}', 'SIMPLE_CHOICE_SWEEP', ['[1,2]', '{a:1}']],
  ['choice(a,null_,1e-3)', 'CHOICE_SWEEP', ['a', 'null_', '0.001']],
  ['choice(a)', 'CHOICE_SWEEP', ['a']],
  ['range(3)', 'RANGE_SWEEP', ['0', '1', '2']],
  ['range(1,2,0.25)', 'RANGE_SWEEP', ['1.0', '1.25', '1.5', '1.75']],
  ['range(0.1,0.4,0.1)', 'RANGE_SWEEP', ['0.1', '0.2', '0.30000000000000004', '0.4']],
  ['range(3,0,-1)', 'RANGE_SWEEP', ['3', '2', '1']],
  ['range(start=1,stop=3)', 'RANGE_SWEEP', ['1', '2']],
  ['range(3,1)', 'RANGE_SWEEP', []],
  ['sort(3,1,2)', 'SIMPLE_CHOICE_SWEEP', ['1', '2', '3']],
  ['sort(choice(b,a),reverse=true)', 'CHOICE_SWEEP', ['b', 'a']],
  ['tag(t,u,choice(a,b))', 'CHOICE_SWEEP', ['a', 'b']],
  ['int(1.5,2.5)', 'SIMPLE_CHOICE_SWEEP', ['1', '2']],
  ['\'a b\',"c"', 'SIMPLE_CHOICE_SWEEP', ["'a b'", '"c"']],
  ['a b,true,null', 'SIMPLE_CHOICE_SWEEP', ['a\\ b', 'True', 'null']],
])('the sweep a=%s', (text, kind, texts) => {
  expect(parsed(`a=${text}`)).toMatchObject({ value_type: kind, sweep_strings: texts });
});

test('a glob, an interval and what is shuffled are sweeps that only the sweeper expands', () => {
  expect(parsed('a=glob([x*,y],exclude=x1)').value).toEqual({
    $glob: { include: ['x*', 'y'], exclude: ['x1'] },
  });
  expect(parsed('a=interval(0,1)').value).toEqual({ $interval: [float('0.0'), float('1.0')], tags: [] });
  expect(parsed('a=shuffle(1,2)').value).toMatchObject({ $choice: [1, 2], shuffle: true });
});

test('a glob within a list is what it consists of', () => {
  expect(parsed('a=[glob(x*)]').value_element_as_str).toBe('[{include:[x*],exclude:[]}]');
});

/** Each with a word of what people are told, and where the caret stands. */
test.each<[string, string, number]>([
  ['a', "expected '=' after the key", 2],
  ['a b=1', 'cannot stand in a key', 2],
  ['a[0]=1', 'cannot stand in a key', 2],
  ['+++a=1', "found '+'", 3],
  ['~+a', "found '+'", 2],
  ['a@b:c=1', "expected '=' after the key, found ':'", 4],
  ['0=1', 'cannot stand in a key', 1],
  ['a=é', 'cannot stand unquoted in a value', 3],
  ['é=1', 'cannot stand in a key', 1],
  ['a=[1', "',' or ']'", 5],
  ['a=[1,]', "found ']'", 6],
  ['a={b}', "':' after the key", 5],
  ['a=1]', 'the end (quote', 4],
  ['a=x,', 'found the end', 5],
  ["a='x", 'cannot stand unquoted in a value', 3],
  ['a=~', 'cannot stand unquoted in a value', 3],
  ['a=bool(on)', 'bool(…)', 3],
  ['a=nope(1)', 'there is no such function', 3],
  ['a=range(x)', 'start must be a number', 3],
  ['a=int(x)', 'int(…)', 3],
  ['a=choice()', 'needs something to choose from', 3],
  ['a=choice(null)', 'quote null', 3],
  ['a=shuffle(choice(1,2),3)', 'shuffles one sweep', 3],
  ['a=sort(1,x)', 'one kind', 3],
  ['a=range(1,2,3,4)', 'at most 3', 3],
  ['a=range(stop=1,2)', 'follows one with a name', 16],
  ['a=range(1,foo=2)', 'no argument named foo', 3],
])('%s is refused', (input, words, column) => {
  const error = refusal(() => parsed(input));
  expect(error.message).toContain(words);
  expect(error.details.place).toEqual({ line: 1, column });
});
