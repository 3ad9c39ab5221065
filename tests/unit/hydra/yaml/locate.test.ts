import { expect, test } from 'vitest';
import { locate, type Path } from '../../../../src/hydra/yaml/locate.js';

const TEXT = `# c
model:
  lr: 1e-3
  layers: [1, {n: 2}]
7: a
2.5: b
true: c
base: &base
  x: 1
  y: 2
derived:
  <<: *base
  y: 3
  list:
  - a
  - b: c
same: *base
x: 1
x : 2
`;

/** Line and column of the value, and of the key. */
const PLACES: readonly (readonly [path: Path, value: string, key: string])[] = [
  [[], '2:1', '2:1'],
  [['model'], '3:3', '2:1'],
  [['model', 'lr'], '3:7', '3:3'],
  [['model', 'layers', 1n, 'n'], '4:19', '4:16'],
  [['model', 'layers', 0], '4:12', '4:12'],
  [[7n], '5:4', '5:1'],
  [[2.5], '6:6', '6:1'],
  [[true], '7:7', '7:1'],
  [['derived', 'x'], '9:6', '9:3'],
  [['derived', 'y'], '13:6', '13:3'],
  [['derived', 'list', 1, 'b'], '16:8', '16:5'],
  [['same', 'y'], '10:6', '10:3'],
];

test.each(PLACES.map((place) => [place[0].join('/'), ...place] as const))(
  '%s is found',
  (_, path, value, key) => {
    const shown = (what: 'value' | 'key'): string => {
      const place = locate(TEXT, path, what);
      return `${place?.line}:${place?.column}`;
    };
    expect([shown('value'), shown('key')]).toEqual([value, key]);
  },
);

test('of equal keys the last one counts', () => {
  expect(locate(TEXT, ['x'])).toEqual({ line: 19, column: 5 });
});

test.each([
  ['a key that is not there', TEXT, ['model', 'nope']],
  ['a key of another type', TEXT, ['1']],
  ['an item beyond the end', TEXT, ['model', 'layers', 2]],
  ['a part of a scalar', TEXT, ['model', 'lr', 'x']],
  ['a key of a list', TEXT, ['model', 'layers', 'x']],
  ['anything in an empty text', '', ['a']],
  ['anything in what is no YAML', 'a: [1', ['a']],
])('%s is nowhere', (_, text, path) => {
  expect(locate(text, path)).toBeNull();
});

test('a value that is left out stands where it would', () => {
  expect(locate('a:\nb:', ['a'])).toEqual({ line: 1, column: 3 });
});
