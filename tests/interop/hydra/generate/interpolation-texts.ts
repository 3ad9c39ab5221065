import type { Random } from '../../../helpers/random.js';
import { between, damaged, oneOf, percent, some, words } from './dice.js';

// Texts with interpolations over a configuration that has everything they can lead to.

/** What interpolations refer to: one of each kind of value. */
export const TARGETS = {
  str: 'hi',
  int: 123,
  float: { $float: '1.2' },
  bool: true,
  null: null,
  es: '',
  key: 'a',
  two: 'dict.b',
  miss: '???',
  dict: { a: 0, b: { c: 1 }, ref: '${.a}', up: '${..int}' },
  list: [10, 20, [30, { k: '${int}' }], '${str}', '${.0}', '${..int}'],
  inter: '${int}',
  node: '${dict}',
  chain: '${inter}',
  bad: '${nope}',
  loop: '${loop}',
  'x-y': 5,
  deep: {
    dict: { a: '${...int}', b: '${..c}' },
    c: '${dict.a}',
    d: {
      $map: [
        ['1', 'one'],
        ['x y', 2],
      ],
    },
  },
  $map: 7,
};

const PATHS = words(
  `str int float bool null es key miss dict dict.a dict.b dict.b.c dict.ref dict.up list list.0 list.2 list.2.1.k list.3 list.4
  list.5 list.9 list.-1 inter node node.a node.b.c chain bad loop x-y deep.dict deep.dict.a deep.dict.b deep.c deep.d.1 nope nope.a
  str.a int.0 list[0] list[2][1] [dict][a] dict[b].c [list][0] $map deep[dict] .str .dict.a ..int .. . dict. dict..a .nope null.a
  miss.a inter.a list.a list[a] node[b]`,
);
const ARGUMENTS = words(
  `1 -1 1.5 1e-3 inf nan true False null abc a-b a.b a/b a:b x@y $x 007 1_000 1__0 +1 ??? *.py \\{ \\} a\\,b a\\\\ \\: a\\:b é | ?`,
);
const RESOLVERS = words(
  `test test test test first ns1.ns2.test oc.env oc.env oc.select oc.select oc.decode oc.create oc.dict.keys oc.dict.values now
  python_version nope ns.nope oc.deprecated`,
);
const SIGNS = [
  ...'ab01 .:,{}[]()\'"\\$-+=%@é',
  '${',
  '}',
  '\\${',
  '\\\\',
  '\\\\${',
  ' ',
  '\t',
  '\n',
  '{',
  '[',
];
const OUTSIDE = [
  'a',
  ' ',
  'x y',
  '$',
  '\\',
  '\\\\',
  '{',
  '}',
  "'",
  '"',
  ':',
  ',',
  '[',
  'é',
  '1',
  '\\$',
  '$$',
  '\n',
];

/** A text as it stands in a configuration. */
export function configText(random: Random): string {
  const text =
    some(random, 2, () => random.of(OUTSIDE)).join('') +
    between(random, 1, 3, () =>
      oneOf(
        random,
        () => interpolation(random, 0),
        () => interpolation(random, 0),
        () => random.of(['\\', '\\\\', '\\\\\\']) + interpolation(random, 0),
        () => random.of(OUTSIDE),
      ),
    ).join(random.of(['', '', '_', ' ']));
  return percent(random, 10) ? damaged(random, text, SIGNS) : text;
}

export function interpolation(random: Random, depth: number): string {
  const blank = percent(random, 6) ? ' ' : '';
  return `\${${blank}${percent(random, 50) ? path(random, depth) : call(random, depth)}${blank}}`;
}

function path(random: Random, depth: number): string {
  if (depth > 2 || !percent(random, 12)) return random.of(PATHS);
  return oneOf(
    random,
    () => `dict.${interpolation(random, depth + 1)}`,
    () => `list[${interpolation(random, depth + 1)}]`,
    () => `${interpolation(random, depth + 1)}.a`,
    () => `deep.${interpolation(random, depth + 1)}.a`,
    () => `${random.of(PATHS)}${interpolation(random, depth + 1)}`,
  );
}

function call(random: Random, depth: number): string {
  const name = percent(random, 4) ? `\${key}.${random.of(RESOLVERS)}` : random.of(RESOLVERS);
  const blank = percent(random, 10) ? ' ' : '';
  return `${name}${blank}:${blank}${suitable(random, name, depth) ?? some(random, 3, () => argument(random, depth)).join(`${blank},${blank}`)}`;
}

function suitable(random: Random, name: string, depth: number): string | null {
  if (percent(random, 25)) return null;
  const or = (fallback: number): string => (percent(random, fallback) ? `,${argument(random, depth)}` : '');
  switch (name) {
    case 'oc.env':
      return random.of(words('USER HOME FOO_INT FOO_LIST FOO_EMPTY NOPE NOPE')) + or(60);
    case 'oc.select':
    case 'oc.deprecated':
      return random.of(PATHS.filter((text) => !text.includes('['))) + or(40);
    case 'oc.decode':
      return oneOf(
        random,
        () =>
          `'${random.of(['1', '[1,2]', '{a:${int}}', 'null', '', ' a ', '${.str}', '{a:1', '1.0', '${list}', 'a: b'])}'`,
        () => argument(random, depth),
        () => '${oc.env:FOO_LIST}',
      );
    case 'oc.create':
      return random.of([
        '{a:1}',
        '[1,${int}]',
        '${dict}',
        '${list}',
        "'a: 1'",
        '{a:${.str}}',
        '1',
        'null',
        '{}',
      ]);
    case 'oc.dict.keys':
    case 'oc.dict.values':
      return random.of(words('dict .dict deep deep.dict list str nope inter node ..dict .'));
    case 'now':
      return random.of(['%Y', '%Y-%m-%d', '%H-%M', "'%H:%M'", '%j %p', '%%', '%q', '']);
    case 'python_version':
      return random.of(['', 'major', 'minor', 'micro', 'nope', '1']);
    default:
      return null;
  }
}

/** One element as it stands between the commas of a call. */
export function argument(random: Random, depth: number): string {
  if (depth > 2) return random.of(ARGUMENTS);
  const items = (): string[] => some(random, 3, () => argument(random, depth + 1));
  return oneOf(
    random,
    () => random.of(ARGUMENTS),
    () => random.of(ARGUMENTS),
    () => interpolation(random, depth + 1),
    () => quoted(random, depth),
    () => `[${items().join(random.of([',', ', ', ' ,']))}]`,
    () =>
      `{${items()
        .map(
          (item) =>
            `${random.of(['a', 'b', '1', 'true', 'a b', '1.5', 'null', 'x-y', '${key}'])}${random.of([':', ': ', ' : '])}${item}`,
        )
        .join(',')}}`,
    () => between(random, 2, 3, () => random.of(ARGUMENTS)).join(random.of([' ', '', ':'])),
    () =>
      `${random.of(['a', '', 'x ', '1'])}${interpolation(random, depth + 1)}${random.of(['', 'b', ' y', '/'])}`,
    () => (percent(random, 30) ? '' : random.of(ARGUMENTS)),
  );
}

function quoted(random: Random, depth: number): string {
  const quote = random.of(["'", '"']);
  const other = quote === "'" ? '"' : "'";
  const inner = some(random, 4, () =>
    oneOf(
      random,
      () => random.of(['a', ' ', 'b c', ',', ':', '{', '}', '[1]', '1', 'é', other, '$', '\\', '\\\\']),
      () => random.of([`\\${quote}`, `\\\\\\${quote}`, '\\${a}', '\\\\${int}', `\\${other}`]),
      () => (percent(random, 50) ? interpolation(random, depth + 1) : 'x'),
    ),
  ).join('');
  return `${quote}${inner}${quote}`;
}

/** One element, as `oc.decode` reads it; some of them damaged. */
export function elementText(random: Random): string {
  const text = argument(random, 0);
  return percent(random, 12) ? damaged(random, text, SIGNS) : text;
}
