import type { Json } from '../../../../src/hydra/typed-json.js';

const float = (repr: string): Json => ({ $float: repr });
const map = (...entries: [Json, Json][]): Json => ({ $map: entries });
const long = 'k'.repeat(1000);

/** Texts and what PyYAML reads in them, as OmegaConf sets it up. */
export const DOCUMENTS: readonly (readonly [what: string, text: string, value: Json])[] = [
  ['nothing', '', null],
  ['a comment alone', '# c\n', null],
  ['a marker alone', '---\n', null],
  ['a byte order mark', '\ufeffa: 1\nb: 2', { a: 1, b: 2 }],
  ['a text', 'hello\n', 'hello'],
  ['a text over lines', 'a\n b\n\n c', 'a b\nc'],
  ['markers around', '%YAML 1.1\n---\na: 1\n...\n# end\n', { a: 1 }],
  ['a list', '- 1\n- a\n-\n- - 2\n  - 3\n', [1, 'a', null, [2, 3]]],
  ['a list below its key', 'a:\n- 1\n- 2\nb:\n  - 3\n', { a: [1, 2], b: [3] }],
  ['an item left out below a key', 'a:\n-\nb: 1', { a: [null], b: 1 }],
  ['mappings in a list', '- a: 1\n  b: 2\n- c:\n    d: 3\n', [{ a: 1, b: 2 }, { c: { d: 3 } }]],
  ['keys without values', 'a:\nb: \nc:\n  d:\n', { a: null, b: null, c: { d: null } }],
  ['keys that are no text', '1: a\n1.5: b\n~: c\n', map([1, 'a'], [float('1.5'), 'b'], [null, 'c'])],
  ['keys behind a question mark', '? a\n: 1\n? b\n', { a: 1, b: null }],
  ['keys in quotes', `'a b': 1\n"c\\n": 2`, { 'a b': 1, 'c\n': 2 }],
  ['a key of 1,000 characters', `${long}: 1`, { [long]: 1 }],
  ['a key without a space', 'a: {b:1, "c":2}', { a: { 'b:1': null, c: 2 } }],
  [
    'flow collections',
    '{a: [1, {b: 2}, c: 3], d, e: , f: 4}',
    { a: [1, { b: 2 }, { c: 3 }], d: null, e: null, f: 4 },
  ],
  ['flow lines that are not indented', 'a: [1,\n2, # c\n 3,\n]\nb: 1', { a: [1, 2, 3], b: 1 }],
  ['a colon within a text', 'a: b:c\nd: http://x:80/y', { a: 'b:c', d: 'http://x:80/y' }],
  ['signs within a text', 'a: b-c? #\nd: x,y[z]{!&*', { a: 'b-c?', d: 'x,y[z]{!&*' }],
  ['signs at the start of a text', '- -a\n- ?b\n- :c', ['-a', '?b', ':c']],
  ['single quotes', "- 'it''s'\n- 'a\n\n  b'\n- '\\n'", ["it's", 'a\nb', '\\n']],
  ['escapes', '"\\x41\\u00e9\\U0001F600\\t\\\\\\/\\_\\N\\e"', 'A\u00e9\u{1f600}\t\\/\u00a0\u0085\x1b'],
  ['double quotes over lines', '"a\\\n   b \\\n   \\ c\n  d"', 'ab  c d'],
  ['a literal', 'a: |\n  x\n   y\n\n  z\nb: 1', { a: 'x\n y\n\nz\n', b: 1 }],
  ['a folded text', '>\n a\n b\n\n c\n  d\n e\n', 'a b\nc\n d\ne\n'],
  [
    'line breaks at the end of blocks',
    'a: |-\n  x\n\nb: |+\n  y\n\nc: |\n  z\n\n',
    { a: 'x', b: 'y\n\n', c: 'z\n' },
  ],
  ['blocks with their indentation', 'a: |2\n   x\nb: >1-\n  y', { a: ' x\n', b: ' y' }],
  ['a block with nothing in it', 'a: |\nb: 1', { a: '', b: 1 }],
  ['comments', 'a: b#c # d\n# e\n  # f\ng: "#h" #i\n', { a: 'b#c', g: '#h' }],
  ['line breaks of all kinds', 'a: 1\r\nb: 2\rc: 3\u0085d: 4\u2028e: 5', { a: 1, b: 2, c: 3, d: 4, e: 5 }],
  ['anchors', 'a: &x [1]\nb: *x\nc: &y\nd: *y', { a: [1], b: [1], c: null, d: null }],
  ['an anchor on a key', '&k a: 1\nb: *k', { a: 1, b: 'a' }],
  [
    'tags',
    '- !!str 1\n- !!int "0x1F"\n- !!float 1\n- !!bool "YES"\n- !!null x\n- ! 1\n- !!str',
    ['1', 31, float('1.0'), true, null, 1, ''],
  ],
  [
    'tags with handles',
    '%TAG !e! tag:yaml.org,2002:\n---\n- !e!str 1\n- !<tag:yaml.org,2002:str> 2',
    ['1', '2'],
  ],
  ['bytes', '!!binary |\n aGk\n =', { $bytes: 'aGk=' }],
  [
    'pairs',
    'a: !!omap [x: 1, y: 2]\nb: !!pairs [x: 1, x: 2]',
    {
      a: [
        ['x', 1],
        ['y', 2],
      ],
      b: [
        ['x', 1],
        ['x', 2],
      ],
    },
  ],
  ['a path', '!!python/object/apply:pathlib.PosixPath [/a, b/./c//d]', { $path: '/a/b/c/d' }],
  ['an absolute part of a path', '!!python/object/apply:pathlib.Path [a, /b]', { $path: '/b' }],
  ['two slashes at the start of a path', '!!python/object/apply:pathlib.Path [//a]', { $path: '//a' }],
  ['three slashes at the start of a path', '!!python/object/apply:pathlib.Path [///a]', { $path: '/a' }],
  ['a path without parts', '!!python/object/apply:pathlib.Path []', { $path: '.' }],
  [
    'a merged mapping',
    'a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a, z: 4}',
    { a: { x: 1, y: 2 }, b: { x: 1, y: 3, z: 4 } },
  ],
  [
    'merged mappings: the first wins',
    'm: {<<: [{xx: 1}, {xx: 2, y: 2}], z: 3}',
    { m: { xx: 1, y: 2, z: 3 } },
  ],
  ['two merges: the last wins', 'm:\n  <<: {xx: 1}\n  <<: {xx: 2}\n', { m: { xx: 2 } }],
  ['a mapping merged into itself', 'a: &a {<<: *a, b: 1}', { a: { b: 1 } }],
  ['a merge key in quotes', '"<<": {a: 1}', { '<<': { a: 1 } }],
  ['= as a key', '{=: 1}', { '=': 1 }],
  ['= as what a mapping stands for', '!!str {=: x}', 'x'],
  [
    'long integers',
    '- 9007199254740993\n- -0x20000000000000',
    [{ $int: '9007199254740993' }, { $int: '-9007199254740992' }],
  ],
];
