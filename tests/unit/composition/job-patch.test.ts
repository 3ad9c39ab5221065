import { expect, test } from 'vitest';
import { patchOf } from '../../../src/composition/job-patch.js';
import { type Json, patched } from '../../../src/daemon/run/job-patch.js';
import { Dict, type Key, loadYaml, PathValue, typedText, type Value } from '../../../src/hydra/hydra.js';
import { type Random, randomly } from '../../helpers/random.js';

const told = (base: Value, patch: string): Json | null => patched(JSON.parse(typedText(base)), patch);

/** The base as text, what is patched, and what comes of it as text. */
function roundTrip(base: Value, value: Value): void {
  const patch = patchOf(base, value);
  if (patch !== null) expect(JSON.stringify(told(base, patch))).toBe(typedText(value));
}

const KEYS: readonly Key[] = ['lr', 'a/b', 'a~1', '~', '', '0', '17', '$float', '__proto__', 3n, true, 0.5];
const SCALARS: readonly Value[] = [
  ...[null, true, 1n, 2n ** 60n, 1, 0, -0, Number.NaN, 1e-7, 'text', '???', '"', '${lr}'],
  ...[new PathValue('/p'), new Uint8Array([1, 2])],
];

function randomValue(random: Random, depth: number): Value {
  const kind = depth === 0 ? 0 : random.upTo(3);
  if (kind === 1) return Array.from({ length: random.upTo(3) }, () => randomValue(random, depth - 1));
  if (kind < 2) return random.of(SCALARS);
  return randomDict(random, depth);
}

function randomDict(random: Random, depth: number): Dict<Value> {
  const keys = Array.from({ length: random.upTo(4) }, () => random.of(KEYS));
  return Dict.from(keys.map((key) => [key, randomValue(random, depth - 1)] as const));
}

/** Mostly as it was. */
function altered(random: Random, value: Value): Value {
  if (random.upTo(5) === 0) return randomValue(random, 2);
  if (value instanceof Dict)
    return Dict.from([...value].map(([key, item]) => [key, altered(random, item)] as const));
  return Array.isArray(value) ? value.map((item: Value) => altered(random, item)) : value;
}

test('a patch makes of the one what the other is, to the last character', () => {
  randomly(5000, (random) => {
    const base = randomDict(random, 3);
    roundTrip(base, altered(random, base));
    roundTrip(base, randomDict(random, 3));
  });
});

test.each([
  ['nothing', 'a: 1', 'a: 1', '[]'],
  ['a value', 'o: {lr: 0.1, k: 1}', 'o: {lr: 0.2, k: 1}', '[["/o/lr",{"$float":"0.2"}]]'],
  ['a type', 'a: 1', 'a: 1.0', '[["/a",{"$float":"1.0"}]]'],
  ['an item', 'a: [1, 2]', 'a: [1, 3]', '[["/a/1",3]]'],
  ['a length', 'a: {b: [1]}', 'a: {b: [1, 3]}', '[["/a/b",[1,3]]]'],
  ['a key that is new', 'a: {b: 1}', 'a: {b: 1, c: 2}', '[["/a",{"b":1,"c":2}]]'],
  ['the order', 'a: {b: 1, c: 2}', 'a: {c: 2, b: 1}', '[["/a",{"c":2,"b":1}]]'],
  ['a key of numbers', 'a: {0: 1}', 'a: {0: 2}', '[["/a",{"$map":[[0,2]]}]]'],
  ['a key with a slash', 'a/b~: 1', 'a/b~: 2', '[["/a~1b~0",2]]'],
])('what differs is replaced: %s', (_, base, value, changes) => {
  const patch = JSON.parse(patchOf(loadYaml(base), loadYaml(value)) ?? 'null');
  expect(JSON.stringify(patch.map(({ path, value: now }: Record<string, Json>) => [path, now]))).toBe(
    changes,
  );
  for (const operation of patch) expect(operation.op).toBe('replace');
});

test.each([
  ['a: 1', 'b: 1'],
  ['a: 1', '[1]'],
  ['0: 1', '0: 2'],
])('%s and %s have nothing in common', (base, value) => {
  expect(patchOf(loadYaml(base), loadYaml(value))).toBe(null);
});

test.each([
  ['no JSON', '[{'],
  ['no list', '{"op":"replace","path":"/a","value":1}'],
  ['another operation', '[{"op":"add","path":"/a","value":1}]'],
  ['no value', '[{"op":"replace","path":"/a"}]'],
  ['the root', '[{"op":"replace","path":"","value":{}}]'],
  ['no pointer', '[{"op":"replace","path":"a","value":1}]'],
  ['a path that is none', '[{"op":"replace","path":7,"value":1}]'],
  ['what is not there', '[{"op":"replace","path":"/c","value":1}]'],
  ['what lies below a value', '[{"op":"replace","path":"/a/b","value":1}]'],
  ['behind the end of a list', '[{"op":"replace","path":"/l/2","value":1}]'],
  ['no index', '[{"op":"replace","path":"/l/length","value":1}]'],
  ['an index that is none', '[{"op":"replace","path":"/l/01","value":1}]'],
  ['what all objects have', '[{"op":"replace","path":"/__proto__","value":{"x":1}}]'],
  ['what they have further', '[{"op":"replace","path":"/constructor/prototype","value":{"x":1}}]'],
])('no patch: %s', (_, patch) => {
  expect(patched({ a: 1, l: [1, 2] }, patch)).toBe(null);
});

test('the base stays as it is, and later replacements see earlier ones', () => {
  const base = { o: { a: 1, b: [1, { c: 2 }] }, p: 1 };
  const before = JSON.stringify(base);
  const patch = JSON.stringify([
    { op: 'replace', path: '/o/b/1/c', value: 3 },
    { op: 'replace', path: '/o/a', value: { x: 1 } },
    { op: 'replace', path: '/o/a/x', value: 2 },
  ]);
  expect(patched(base, patch)).toEqual({ o: { a: { x: 2 }, b: [1, { c: 3 }] }, p: 1 });
  expect(JSON.stringify(base)).toBe(before);
});
