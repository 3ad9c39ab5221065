import type { Random } from '../../helpers/random.js';

// Texts that look like YAML, to compare readers by: most are valid, many nearly so.

/** By the kind of thing they try. */
export const TEXTS: Readonly<Record<string, (random: Random) => string>> = {
  scalars: (random) => `v: ${scalarText(random)}\n`,
  structures: (random) => structure(random),
  soup: (random) => soup(random),
  lines: (random) => lines(random),
};

const some = (random: Random, least: number, most: number): number[] =>
  Array.from({ length: least + random.upTo(most - least) }, (_, n) => n);
const chance = (random: Random, outOf: number): boolean => random.upTo(outOf - 1) === 0;
const from = (random: Random, alphabet: readonly string[], most: number): string =>
  some(random, 1, most)
    .map(() => random.of(alphabet))
    .join('');

// Scalars.

const NUMBER_SIGNS = [
  ...'0123456789',
  ...'0017',
  ...'+-._eE:',
  '0x',
  '0b',
  '0o',
  '.inf',
  '.nan',
  '_',
  'a',
  'F',
];
const TEXT_SIGNS = [
  ...'abcXYZ019 -?:,[]{}#&*!|>\'"%@`\\=<~/.$',
  ': ',
  ' #',
  '- ',
  '\u00e9',
  '\u{1f600}',
  '\t',
];
const WORDS =
  'yes Yes YES yEs no NO true True tRue false FALSE on On off OFF y N ~ null Null NULL nUll none None = << .inf -.inf +.INF .nan .NaN -.nan inf nan 2001-12-14 2001-12-14T21:59:43.10-05:00 1:30 12:30:45 1:30.5 0x1F 0o17 017 08 0b11 1_000 1__0 12_ 1e3 1e-3 1E5 1. .5 .5e3 .5e-3 1.e3 1e1_0 1e400 -0 +0 -0.0 +.1 0_7 ??? ${a.b} ${a:b} ${oc.env:X,y} -1 --1 - ? : ! & * | > % @ ` # ---'.split(
    ' ',
  );

const scalarText = (random: Random): string => {
  switch (random.upTo(5)) {
    case 0:
      return random.of(WORDS);
    case 1:
    case 2:
      return from(random, NUMBER_SIGNS, 7);
    case 3:
      return quoted(random, from(random, TEXT_SIGNS, 10));
    default:
      return from(random, TEXT_SIGNS, 10);
  }
};

function quoted(random: Random, text: string): string {
  if (chance(random, 2)) return `'${chance(random, 4) ? text : text.replaceAll("'", "''")}'`;
  if (chance(random, 3)) return `"${text}${random.of(ESCAPES)}"`;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

const ESCAPES = [
  '\\n',
  '\\t',
  '\\x41',
  '\\u00e9',
  '\\U0001F600',
  '\\0',
  '\\e',
  '\\_',
  '\\N',
  '\\L',
  '\\q',
  '\\x4',
  '\\ ',
  '\\/',
];

// Structures: a value, written in one of many ways.

interface Style {
  random: Random;
  anchors: string[];
}

function structure(random: Random): string {
  const style: Style = { random, anchors: [] };
  const head = chance(random, 12)
    ? random.of(['---\n', '%YAML 1.1\n---\n', '--- ', '# c\n', '\n', '\ufeff', '%TAG !e! tag:e,1:\n---\n'])
    : '';
  const tail = chance(random, 15) ? random.of(['...\n', '# end', '\n\n', '---\n', '...\n# c\n', ' ']) : '';
  return head + block(style, 0, 3) + tail;
}

const indentOf = (n: number): string => ' '.repeat(n);

/** A value that starts in a line of its own, indented by `indent`. */
function block(style: Style, indent: number, depth: number): string {
  const { random } = style;
  if (depth === 0 || chance(random, 6)) return `${indentOf(indent)}${inline(style, indent, depth)}`;
  const rows = some(random, 1, 4);
  return chance(random, 3)
    ? rows.map(() => `${pad(style, indent)}-${item(style, indent, depth - 1, '  ')}`).join('')
    : rows.map(() => `${pad(style, indent)}${entry(style, indent, depth - 1)}`).join('');
}

/** Comments and empty lines come before some lines, and a few are out of line. */
function pad({ random }: Style, indent: number): string {
  const before = chance(random, 10)
    ? random.of(['\n', `${indentOf(indent)}# c\n`, '# c: d\n', '  \n', '\t\n'])
    : '';
  const shift = chance(random, 80) ? random.of([-1, 1]) : 0;
  return before + indentOf(Math.max(indent + shift, 0));
}

const end = ({ random }: Style): string =>
  chance(random, 12) ? random.of([' # c\n', '  \n', '#c\n', ' #\n', '\r\n', '\n\n', '\t\n']) : '\n';

function entry(style: Style, indent: number, depth: number): string {
  const { random } = style;
  if (chance(random, 30)) return `? ${key(style)}\n${indentOf(indent)}:${item(style, indent, depth, '  ')}`;
  if (chance(random, 30) && style.anchors.length > 0) return `<<: ${merged(style)}${end(style)}`;
  return `${key(style)}${chance(random, 40) ? ' :' : ':'}${item(style, indent, depth, random.of(['  ', '  ', '    ', '']))}`;
}

function merged(style: Style): string {
  const { random, anchors } = style;
  return chance(random, 3) ? `[*${random.of(anchors)}, *${random.of(anchors)}]` : `*${random.of(anchors)}`;
}

function key(style: Style): string {
  const { random } = style;
  switch (random.upTo(12)) {
    case 0:
      return quoted(random, from(random, TEXT_SIGNS, 5));
    case 1:
      return random.of(WORDS);
    case 2:
      return from(random, NUMBER_SIGNS, 4);
    default:
      return random.of(['a', 'b', 'c', 'lr', 'x.y', 'a b', 'key_1', 'db/x', '_target_', 'k-v', '1', 'é']);
  }
}

/** What stands behind `-` or `key:`, up to the end of its line or of the lines below. */
function item(style: Style, indent: number, depth: number, step: string): string {
  const { random } = style;
  const marks = properties(style);
  if (depth > 0 && chance(random, 2)) {
    // A list may stand as far left as its key; a mapping that does is an error.
    const inner = indent + step.length + (chance(random, 12) ? 1 : 0);
    return `${marks}${end(style)}${block(style, inner, depth)}`;
  }
  if (chance(random, 8)) return `${marks} ${blockScalar(style, indent + step.length)}`;
  if (chance(random, 20)) return `${marks}${end(style)}`;
  if (depth > 0 && chance(random, 8)) return `${marks} ${entry(style, indent + 2, depth - 1)}`;
  return `${marks} ${inline(style, indent, depth)}${end(style)}`;
}

function properties(style: Style): string {
  const { random, anchors } = style;
  let marks = '';
  if (chance(random, 15)) {
    const name = random.of(['a', 'b', 'c1', 'x-y']);
    if (!anchors.includes(name) || chance(random, 20)) {
      anchors.push(name);
      marks += ` &${name}`;
    }
  }
  if (chance(random, 25)) marks += ` ${random.of(TAGS)}`;
  return marks;
}

const TAGS = [
  '!!str',
  '!!int',
  '!!float',
  '!!bool',
  '!!null',
  '!!seq',
  '!!map',
  '!!binary',
  '!!omap',
  '!!pairs',
  '!',
  '!x',
  '!e!y',
  '!<tag:yaml.org,2002:str>',
  '!!python/object/apply:pathlib.Path',
  '!!python/tuple',
  '!!str%21',
  '!!value',
  '!!merge',
];

function inline(style: Style, indent: number, depth: number): string {
  const { random, anchors } = style;
  const kind = random.upTo(15);
  if (kind === 0 && anchors.length > 0) return `*${random.of(anchors)}`;
  if (kind <= 2) return multiline(style, indent);
  if (kind <= 5 && depth > 0) return flow(style, depth);
  if (kind <= 9) return scalarText(random);
  return random.of([
    '1',
    'b',
    'true',
    '0.1',
    '1e-3',
    'null',
    '${x}',
    'a b',
    "'q'",
    '"d"',
    '???',
    '[]',
    '{}',
    'a/b.c',
  ]);
}

function multiline(style: Style, indent: number): string {
  const { random } = style;
  const breaks = some(random, 1, 3).map(
    () =>
      `${random.of(['\n', '\n\n', ' \n', '\n  \n', '\r\n', '\u2028'])}${indentOf(indent + random.of([1, 2, 2, 3, 0]))}`,
  );
  const words = breaks.map(
    (line) => line + random.of(['w', 'a b', 'c: d', '# e', '- f', 'g #h', 'i:j', '---', '"']),
  );
  const text = `t${words.join('')}`;
  return random.of([text, text, `'${text}'`, `"${text}"`, `"${text}\\\n  x"`]);
}

function flow(style: Style, depth: number): string {
  const { random } = style;
  const space = (): string => random.of(['', ' ', '', ' ', '\n', '\n   ', ' # c\n']);
  const one = (): string => {
    if (depth > 1 && chance(random, 4)) return flow(style, depth - 1);
    return random.of([
      '1',
      'a',
      'a b',
      "'q'",
      '"d"',
      '',
      'x:y',
      'http://a:80',
      '-1',
      'null',
      '*a',
      '?x',
      '- b',
      'é',
      '${a}',
      '1.5',
    ]);
  };
  const pair = (): string =>
    `${random.of(['a', 'b', '"c"', "'d'", '1', '? e', '', 'f g'])}${random.of([': ', ': ', ':', ' : ', ''])}${one()}`;
  const list = chance(random, 2);
  const parts = some(random, 0, 3).map(
    () => space() + (list && !chance(random, 8) ? one() : pair()) + space(),
  );
  const inner = parts.join(',') + (chance(random, 10) ? ',' : '');
  return list ? `[${inner}]` : `{${inner}}`;
}

function blockScalar(style: Style, indent: number): string {
  const { random } = style;
  const header =
    random.of(['|', '>']) + random.of(['', '', '-', '+', '2', '1', '-2', '3+', ' # c', '#c', '0']);
  const rows = some(random, 0, 4).map(
    () =>
      indentOf(Math.max(indent + random.of([0, 0, 0, 1, 2, -1]), 0)) +
      random.of(['text', 'a: b', '- c', '# d', '', '', '  more', '\ttab', 'e\u2028f', '...', "it's"]),
  );
  return `${header}\n${rows.map((row) => `${row}\n`).join('')}`;
}

// Signs of YAML in any order.

const SOUP = [
  'a',
  'b',
  '1',
  'a b',
  ' ',
  ' ',
  '  ',
  '\n',
  '\n',
  '\n',
  '\n  ',
  '\n    ',
  '\n- ',
  '\n  - ',
  '- ',
  '-',
  ': ',
  ':',
  ':\n',
  '? ',
  '[',
  ']',
  '{',
  '}',
  ',',
  ', ',
  '#',
  ' #c',
  "'",
  "'q'",
  '"',
  '"d"',
  '|\n',
  '>\n',
  '|-\n ',
  '&a ',
  '*a',
  '!!str ',
  '! ',
  '!x ',
  '---',
  '\n---\n',
  '...',
  '\n...\n',
  '\t',
  '<<: ',
  '\r\n',
  '\u0085',
  '\u2028',
  '%YAML 1.1\n',
  'é',
  '\u{1f600}',
  'k: v\n',
  '\\',
  '"\\\n"',
  '\ufeff',
  '\x00',
  '=',
];
const soup = (random: Random): string => from(random, SOUP, 14);

const LINES = [
  'a: 1',
  'b:',
  '- x',
  '  - y',
  '  c: 2',
  '    d: 3',
  '- e: 4',
  '  f: 5',
  '# g',
  '',
  '  # h',
  'i: |',
  '  text',
  '    more',
  'j: >-',
  'k: [1,',
  '  2]',
  'l: {m: n,',
  '  o: p}',
  '"q": r',
  "s: 't",
  "  u'",
  '? v',
  ': w',
  '---',
  '...',
  ' a: 1',
  '   - z',
  'a: &x',
  'b: *x',
  '<<: *x',
  '- - 1',
  '  - 2',
  'c: "d',
  ' e"',
  'f: g',
  '  h',
  '- ',
  '-',
  'a:b',
  '\tt: 1',
  'u: \t1',
  'v: 1 # w',
  'x: #y',
  '- [a, b]: c',
  '- ? a',
  '- {a: b}',
  '  : c',
];
const lines = (random: Random): string =>
  some(random, 1, 8)
    .map(() => `${random.of(LINES)}\n`)
    .join('');

// Damage.

const DAMAGE = [
  ...' \n\t-:?,[]{}#&*!|>\'"%@`\\a1é',
  '  ',
  ': ',
  '- ',
  '\r\n',
  '\u0085',
  '\u2028',
  '\u{1f600}',
  '\ufeff',
];

/** The text with a few small changes. */
export function damaged(random: Random, text: string): string {
  return some(random, 1, 3).reduce((changed) => change(random, changed), text);
}

function change(random: Random, text: string): string {
  const at = random.upTo(text.length);
  const rows = text.split('\n');
  const row = random.upTo(rows.length - 1);
  switch (random.upTo(7)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + random.upTo(3));
    case 1:
      return rows.toSpliced(row, 1).join('\n');
    case 2:
      return rows.toSpliced(random.upTo(rows.length), 0, rows[row]!).join('\n');
    case 3:
      return rows.with(row, ` ${rows[row]}`).join('\n');
    case 4:
      return rows.with(row, rows[row]!.slice(1)).join('\n');
    case 5:
      return text.slice(0, at);
    default:
      return text.slice(0, at) + random.of(DAMAGE) + text.slice(at + random.upTo(1));
  }
}
