import { expect, test } from 'vitest';
import { parseElement } from '../../../../src/hydra/config/interpolation.js';
import { toTyped } from '../../../../src/hydra/hydra.js';
import { composeText, refusal } from '../trees.js';

const TARGETS = `
a: 1
b: {c: 2, d: text, e: [x, '\${a}']}
list: [10, {k: v}]
name: c
null_: null
missing: ???
up: {here: '\${..a}', beside: '\${.sibling}', sibling: 5}
'with space': 7
`;

/** `x` beside all kinds of targets. */
const resolved = (text: string): unknown =>
  toTyped(composeText(`${TARGETS}\nx: ${JSON.stringify(text)}\n`).select('x'));

test.each<[string, unknown]>([
  ['${a}', 1],
  ['${ a }', 1],
  ['${b.c}', 2],
  ['${b[c]}', 2],
  ['${[b][c]}', 2],
  ['${list.1.k}', 'v'],
  ['${list[0]}', 10],
  ['${b.e}', ['x', 1]],
  ['${b.${name}}', 2],
  ['${up.here}', 1],
  ['${up.beside}', 5],
  ['${null_}', null],
  ['v${a}-${b.d}', 'v1-text'],
  ['${null_}!', 'None!'],
  ['\\${a}', '${a}'],
  ['\\\\${a}', '\\1'],
  ['a\\b', 'a\\b'],
  ['$a', '$a'],
  ['${.a}', 1],
  ['${oc.select:nope,${a}}', 1],
  ['${oc.select:missing,d}', 'd'],
  ['${oc.select:b.nope}', null],
  ['${oc.env:NOPE,1}', '1'],
  ['${oc.env:NOPE,null}', null],
  ['${oc.decode:"[1, {a: b}]"}', [1, { a: 'b' }]],
  ['${oc.decode:null}', null],
  ['${oc.create:{k: ${a}}}', { k: 1 }],
  ['${oc.dict.keys:b}', ['c', 'd', 'e']],
  ['${oc.dict.values:b}', [2, 'text', ['x', 1]]],
  ['${oc.deprecated:a}', 1],
  ['${python_version:major}', '3'],
  ['${now:%Y-%m-%d}', '2024-01-02'],
  ['${hydra:job.name}', 'app'],
  ['${hydra:nope}', null],
  ['${oc.select:"with space"}', 7],
])('%s', (text, value) => {
  expect(resolved(text)).toEqual(value);
});

test.each([
  ['${nope}', 'InterpolationKeyError'],
  ['${a.b}', 'InterpolationResolutionError'],
  ['${missing}', 'InterpolationToMissingValueError'],
  ['${x}', 'InterpolationResolutionError'],
  ['${nope:1}', 'UnsupportedInterpolationType'],
  ['${oc.env:NOPE}', 'InterpolationResolutionError'],
  ['${oc.env:1}', 'InterpolationResolutionError'],
  ['${oc.decode:1}', 'InterpolationResolutionError'],
  ['${oc.dict.keys:a}', 'InterpolationResolutionError'],
  ['${python_version:[]}', 'InterpolationResolutionError'],
  ['${oc.select:${x}}', 'InterpolationResolutionError'],
])('%s ends in %s', (text, type) => {
  expect(refusal(() => resolved(text)).type).toBe(type);
});

test.each(['${', '${a', '${a:${b}', '${a b}', '${[}', '${oc.env:[}'])('%j does not parse', (text) => {
  const error = refusal(() => resolved(text));
  expect(error.type).toBe('ConfigCompositionException');
  expect(error.cause).toMatchObject({ type: 'GrammarParseError' });
  expect(error.details.place).toMatchObject({ file: 'conf/config.yaml', line: 11 });
});

test('a key that is given twice: both values are followed, the last one counts', () => {
  expect(resolved('${oc.create:{k: 1, k: 2}}')).toEqual({ k: 2 });
  expect(refusal(() => resolved('${oc.create:{k: ${nope}, k: 2}}')).type).toBe('InterpolationKeyError');
});

test('what lies below a list is asked for by numbers', () => {
  const composed = composeText(TARGETS);
  expect(composed.select('list.1.k')).toBe('v');
  expect(refusal(() => composed.select('list.k')).type).toBe('ConfigTypeError');
});

test('a text of blanks alone is no argument', () => {
  expect(refusal(() => resolved('${oc.decode:" "}')).type).toBe('InterpolationResolutionError');
  expect(refusal(() => parseElement(' ')).type).toBe('InterpolationResolutionError');
  // What is no text at all is found first.
  expect(refusal(() => parseElement(' [')).type).toBe('GrammarParseError');
});

test('a mapping that a resolver puts into itself has no end', () => {
  const composed = composeText("a: {e: '${oc.select:a}', f: '${oc.select:a}'}\n");
  expect(refusal(() => composed.resolved()).type).toBe('InterpolationResolutionError');
  expect(refusal(() => composed.yaml({ resolve: true })).type).toBe('InterpolationResolutionError');
  expect(refusal(() => composed.missing()).type).toBe('InterpolationResolutionError');
});

test('interpolations that stand for more and more come to an end', () => {
  const ten = (of: string): string => `[${Array(10).fill(`'\${${of}}'`).join(', ')}]`;
  const lines = Array.from({ length: 20 }, (_, n) => `a${n + 1}: ${ten(`a${n}`)}\n`);
  const composed = composeText(`a0: [x]\n${lines.join('')}`);
  expect(refusal(() => composed.resolved()).type).toBe('LimitError');
  expect(refusal(() => composed.missing()).type).toBe('LimitError');
});
