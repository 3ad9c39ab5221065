import { Dict, type Key, PathValue, type Value } from '../../../src/hydra/value.js';
import type { Random } from '../../helpers/random.js';

// Values to compare writers by: what decides on quotes, on folding and on the form of keys comes often.

const some = (random: Random, least: number, most: number): number[] =>
  Array.from({ length: least + random.upTo(most - least) }, (_, n) => n);
const from = (random: Random, alphabet: readonly string[], least: number, most: number): string =>
  some(random, least, most)
    .map(() => random.of(alphabet))
    .join('');

/** What a config is: a mapping or a list. */
export const someContent = (random: Random): Value =>
  random.upTo(3) === 0 ? [someValue(random, 3)] : someDict(random, 3);

function someValue(random: Random, depth: number): Value {
  const kind = random.upTo(9);
  if (depth > 0 && kind <= 2) return some(random, 0, 4).map(() => someValue(random, depth - 1));
  if (depth > 0 && kind <= 5) return someDict(random, depth);
  return someScalar(random);
}

const someDict = (random: Random, depth: number): Dict<Value> =>
  Dict.from(some(random, 0, 4).map(() => [someKey(random), someValue(random, depth - 1)]));

function someKey(random: Random): Key {
  switch (random.upTo(9)) {
    case 0:
      return BigInt(random.upTo(2000) - 1000);
    case 1:
      return someFloat(random);
    case 2:
      return random.of([true, false]);
    case 3:
      return random.upTo(4) === 0 ? someBytes(random, 30) : someText(random);
    case 4:
      return from(random, ['x', 'y', 'key', '_', 'é'], 100, 130);
    case 5:
      return someText(random);
    default:
      return random.of(['a', 'b', 'lr', 'x.y', 'a b', '_target_', 'no', '12', 'key']);
  }
}

function someScalar(random: Random): Value {
  switch (random.upTo(14)) {
    case 0:
      return BigInt(random.upTo(2000) - 1000) * random.of([1n, 1n, 10n ** 20n]);
    case 1:
      return someFloat(random);
    case 2:
      return random.of([true, false, null]);
    case 3:
      return someBytes(random, 140);
    case 4:
      return new PathValue(random.of(['.', '/', 'a', '/a/b', 'a/b c', '//x', 'no/1', 'é']));
    default:
      return someText(random);
  }
}

function someFloat(random: Random): number {
  const magnitude = 10 ** (random.upTo(40) - 20);
  return random.of([
    0,
    -0,
    1,
    0.1,
    1e-5,
    1e16,
    1e22,
    1.5e300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    random.upTo(100_000) / 7,
    (random.upTo(1000) - 500) * magnitude,
    random.upTo(100) * magnitude,
  ]);
}

const someBytes = (random: Random, most: number): Uint8Array =>
  Uint8Array.from(some(random, 0, most), () => random.upTo(255));

const WORDS =
  'yes No y N on OFF true null ~ Null none = << .inf -.nan inf nan Infinity -inf 2001-12-14 2001-1-1 1:30 1:30.5 0x1F 0o17 017 08 0b11 1_000 1__0 1e3 1e-3 1. .5 1e5 +1 -0 1_0e1 ???  ${a.b} - -- --- ... -a - ? : :a a: #a a#b @ ` % ! & * | > [ ] { } , \' " \\ é ١٢ 1\u00a0 \u2003 \ufeff 1\ufeff'.split(
    ' ',
  );
const NUMBER_SIGNS = [...'0123456789', ...'+-._eE:', '0x', 'inf', 'nan', '_', ' ', '\u0661', '\u{1d7d8}'];
const SIGNS = [
  ...'abcXYZ019 -?:,[]{}#&*!|>\'"%@`\\=<~/.$',
  ' ',
  ' ',
  ': ',
  ' #',
  '\n',
  '\n\n',
  '\t',
  '\r',
  '\u00e9',
  '\u{1f600}',
  '\u0085',
  '\u00a0',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\0',
  '\x1b',
  '\x7f',
  '\ufffe',
  '\ufffd',
  '\u{10ffff}',
  '\ud83d',
  '\u0100',
];
const PROSE = [
  'a',
  'be',
  'word',
  'longer',
  'considerable',
  "it's",
  'x:y',
  '"q"',
  'é',
  '\u{1f600}',
  ' ',
  ' ',
  ' ',
  '  ',
  ' # ',
  ': ',
  '\\',
  '-',
];
const PARAGRAPHS = [...PROSE, '\n', '\n\n', ' \n', '\n ', '\u2028', '\u0085'];

function someText(random: Random): string {
  switch (random.upTo(9)) {
    case 0:
    case 1:
      return random.of(WORDS);
    case 2:
      return from(random, NUMBER_SIGNS, 1, 6);
    case 3:
    case 4:
      return from(random, SIGNS, 0, 12);
    case 5:
      return from(random, PROSE, 10, 60);
    case 6:
      return from(random, PARAGRAPHS, 10, 60);
    case 7:
      return from(random, [...PROSE, random.of(SIGNS)], 10, 80);
    case 8:
      return from(random, ['x', 'yz', ' '], 70, 90);
    default:
      return random.of(['a', 'model', 'data/x.yaml', '${oc.env:HOME}/x', 'a b c', 'torch.optim.Adam', '']);
  }
}
