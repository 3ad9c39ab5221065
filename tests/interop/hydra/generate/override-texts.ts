import type { Random } from '../../../helpers/random.js';
import { between, damaged, oneOf, percent, some, words } from './dice.js';

// Texts of the override language: valid ones of every form, what is nearly one, and a few that are damaged.

const NAMES = words('a b lr n x_1 a-b _t A9 true null inf model db');
const ODD_NAMES = words('$x a$b 0 12 007 1_0 é - -a a. .a a..b a: a@b ~a + ++ [a] a[0] 1a');
const SIGNS = [
  ...'abT019 _-+.=,()[]{}:\\/\'"$@%*?|~!#&<>^;`',
  '${',
  '}',
  '\\\\',
  '\\,',
  "\\'",
  ' ',
  '\t',
  'é',
  '\n',
];

const NUMBERS = words(
  `0 1 -1 +2 42 1_000 1__0 1_ _1 007 -0 +0 -007 9007199254740993 123456789012345678901234567890 1.0 1. .5 -.5 +1.5 0.10
  1.50 1e3 1e-3 1E5 -1e-05 1.5e300 1e400 -1e400 .5e3 1.e3 1_0.5 1_0e1_0 1e1_0 0x1F 0b11 0o17 1:30 inf -inf +INF Inf nan
  NaN -nan +nan infinity 1.2.3 1-2 1+2 5e-324 0.1 0.30000000000000004 1e16 123456789.123 1e22 00 0.0 -0.0 1e0 1e+2`,
);
const WORDS = words(
  `x abc a-b a_b a.b a/b/c /abs/path ./rel ~ a:b http://h:80/x k:v: : true True TRUE tRue false False null Null NULL none
  None yes no on off y n ??? $x $ % * a* ? | @ a@b - -- + . .. ... \\ \\n C:\\dir a\\,b a\\=b a\\:b \\{a\\} \\[a\\] a\\\\b \\(a\\)
  a\\\\ \\\\\\\\ x\\ y \\\\, é "é" 'é' 2001-12-14 12:30:45 torch.optim.Adam`,
);
const SPACED = [
  'a b',
  ' a ',
  'a  b',
  '1 2',
  'true x',
  'a \t b',
  "it's",
  'a ${b} c',
  'a\\ b',
  '  1  ',
  ' ',
  'a: b',
  '- 1',
];
const INTERPOLATIONS = [
  '${a}',
  '${a.b}',
  '${.a}',
  '${a}b',
  'x${a}${b}',
  '${oc.env:USER}',
  '${oc.env:X,1}',
  '${now:%Y-%m}',
  '${a:1,2}',
  '${a:{b:1}}',
  '${a.${b}}',
  '${}',
  '${ a }',
  '$${a}',
  '\\${a}',
  '${a',
  "${f:'x}'}",
];

/** An override as it stands on a command line. */
export function overrideText(random: Random): string {
  const prefix = random.of(['', '', '', '', '+', '+', '++', '~']);
  const blank = percent(random, 3) ? ' ' : '';
  const text =
    prefix === '~' && percent(random, 50)
      ? `~${keyText(random)}`
      : `${prefix}${keyText(random)}${blank}=${percent(random, 4) ? random.of([' ', '\t', '']) : ''}${valueText(random)}`;
  return percent(random, 12) ? damaged(random, text, SIGNS) : text;
}

export function keyText(random: Random): string {
  const name = (): string => (percent(random, 4) ? random.of(ODD_NAMES) : random.of(NAMES));
  const dotted = (): string =>
    between(random, 2, 4, () =>
      percent(random, 15) ? random.of(['0', '1', '10', '1_0', '$x']) : name(),
    ).join('.');
  const group = (): string => between(random, 2, 3, name).join('/');
  const key = oneOf(random, name, name, name, dotted, dotted, group, () =>
    percent(random, 20) ? '' : name(),
  );
  if (!percent(random, 15)) return key;
  return `${key}@${oneOf(random, name, dotted, () => random.of(['', '_global_', '_here_', '_group_', 'a:b', 'a/b']))}`;
}

/** What stands behind the `=`. */
export function valueText(random: Random): string {
  if (percent(random, 2)) return '';
  if (percent(random, 15))
    return between(random, 2, 4, () => elementText(random, 2)).join(percent(random, 15) ? ' , ' : ',');
  return elementText(random, 0);
}

export function elementText(random: Random, depth: number): string {
  if (depth < 3 && percent(random, 30))
    return oneOf(
      random,
      () => listText(random, depth),
      () => mappingText(random, depth),
      () => functionText(random, depth),
    );
  return primitiveText(random);
}

export const primitiveText = (random: Random): string =>
  oneOf(
    random,
    () => random.of(NUMBERS),
    () => random.of(NUMBERS),
    () => random.of(WORDS),
    () => random.of(WORDS),
    () => random.of(SPACED),
    () => random.of(INTERPOLATIONS),
    () => quotedText(random),
    () => numberText(random),
    () => (percent(random, 20) ? some(random, 8, () => random.of(SIGNS)).join('') : random.of(WORDS)),
    () => between(random, 2, 3, () => random.of([...NUMBERS, ...WORDS])).join(random.of(['', ' ', ':'])),
  );

const numberText = (random: Random): string =>
  between(random, 1, 6, () => random.of([...'0123456789', ...'+-._eE', '1', '0', 'inf'])).join('');

function quotedText(random: Random): string {
  const quote = random.of(["'", '"']);
  const inner = some(random, 6, () =>
    random.of([
      'a',
      'b c',
      ' ',
      ',',
      '=',
      '{',
      '}',
      '[1]',
      '${a}',
      '\\',
      '\\\\',
      `\\${quote}`,
      `\\\\${quote === "'" ? '"' : "'"}`,
      quote === "'" ? '"' : "'",
      'é',
      '1',
      '\t',
      '\n',
      '\\${a}',
      '${',
    ]),
  ).join('');
  return `${quote}${inner}${quote}`;
}

export function listText(random: Random, depth = 0): string {
  const blank = percent(random, 20) ? ' ' : '';
  const items = some(random, 4, () => elementText(random, depth + 1));
  const comma = percent(random, 3) ? ',' : '';
  return `[${blank}${items.join(`${blank},${blank}`)}${comma}${blank}]`;
}

export function mappingText(random: Random, depth = 0): string {
  const blank = percent(random, 20) ? ' ' : '';
  const key = (): string =>
    oneOf(
      random,
      () => random.of(NAMES),
      () => random.of(NAMES),
      () => random.of(NUMBERS),
      () => (percent(random, 30) ? primitiveText(random) : random.of(NAMES)),
      () => random.of(['a b', 'a.b', 'a/b', 'true', 'null', '1', '1.5', 'x-y', '$k', '???']),
    );
  const entries = some(random, 3, () => `${key()}${blank}:${blank}${elementText(random, depth + 1)}`);
  const comma = percent(random, 3) ? ',' : '';
  return `{${blank}${entries.join(`${blank},${blank}`)}${comma}${blank}}`;
}

const FUNCTIONS = words('int float str bool choice range interval glob sort shuffle tag');
const PARAMETERS = words('value start stop step end include exclude sweep list reverse tags x');

/** A call with arguments that suit, or with any. */
export function functionText(random: Random, depth = 0): string {
  if (percent(random, 55)) return suitableCall(random, depth);
  const name = percent(random, 3)
    ? random.of(['nope', 'extend_list', 'json_str', 'Range'])
    : random.of(FUNCTIONS);
  const blank = percent(random, 10) ? ' ' : '';
  const args = some(random, 3, () => elementText(random, depth + 1));
  const named = percent(random, 30)
    ? between(random, 1, 2, () => `${random.of(PARAMETERS)}=${elementText(random, depth + 1)}`)
    : [];
  return `${name}${blank}(${blank}${[...args, ...named].join(`${blank},${blank}`)}${blank})`;
}

function suitableCall(random: Random, depth: number): string {
  const numbers = (): string => random.of(words('0 1 2 3 5 -1 -3 0.1 0.5 1.5 1e-1 10 true 2.0 -0.2'));
  const scalar = (): string =>
    random.of(words("1 2 10 -1 1.5 1e-3 true false a b x-y '1' 'a,b' \"q\" inf nan 1_0 A"));
  const scalars = (least: number): string => between(random, least, 4, scalar).join(',');
  const range = (): string =>
    `range(${between(random, 1, 3, numbers).join(',')}${percent(random, 10) ? `,step=${numbers()}` : ''})`;
  const sweep = (): string =>
    oneOf(
      random,
      () => `choice(${scalars(1)})`,
      range,
      () => scalars(2),
      () => `interval(${numbers()},${numbers()})`,
    );
  const list = (): string => `[${scalars(0)}]`;
  const inner = (): string => (depth < 3 && percent(random, 30) ? suitableCall(random, depth + 1) : sweep());
  return oneOf(
    random,
    sweep,
    range,
    () =>
      `${random.of(['int', 'float', 'str', 'bool'])}(${oneOf(random, scalar, scalar, inner, list, () => `{a:${scalar()}}`)})`,
    () =>
      `sort(${oneOf(random, inner, list, () => scalars(1))}${percent(random, 40) ? `,reverse=${random.of(['true', 'false'])}` : ''})`,
    () =>
      `shuffle(${oneOf(
        random,
        range,
        () => `choice(${scalars(1)})`,
        () => `[${scalar()}]`,
      )})`,
    () =>
      `tag(${some(random, 2, () => random.of(['t1', 't2', "'t 3'"]))
        .map((t) => `${t},`)
        .join('')}${inner()})`,
    () => `glob(${random.of(['*', 'o*', '[o0,o1]', "'*'", '[a*,b*],exclude=c*', '*,exclude=[o1]', '?0'])})`,
    () => `choice(${oneOf(random, () => scalars(2), list, inner)})`,
  );
}
