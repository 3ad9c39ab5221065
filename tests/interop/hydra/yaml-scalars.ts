import type { Random } from '../../helpers/random.js';

// Scalars that decide something: numbers and what is nearly one, words, signs of YAML.

/** `least` to `most` numbers, from 0 on. */
export const some = (random: Random, least: number, most: number): number[] =>
  Array.from({ length: least + random.upTo(most - least) }, (_, n) => n);

/** True once in `outOf` times. */
export const chance = (random: Random, outOf: number): boolean => random.upTo(outOf - 1) === 0;

/** A text of `least` to `most` pieces. */
export const textOf = (random: Random, pieces: readonly string[], least: number, most: number): string =>
  some(random, least, most)
    .map(() => random.of(pieces))
    .join('');

const words = (text: string): readonly string[] => text.split(' ');

export const WORDS = words(
  'yes Yes YES yEs no NO true True tRue false FALSE on On off OFF y N ~ null Null NULL nUll none None = << .inf -.inf ' +
    '+.INF .nan .NaN -.nan inf nan -inf Infinity 2001-12-14 2001-1-1 2001-12-14T21:59:43.10-05:00 1:30 12:30:45 1:30.5 ' +
    '0x1F 0o17 017 08 0b11 1_000 1__0 12_ 1e3 1e-3 1E5 1. .5 .5e3 .5e-3 1.e3 1e1_0 1_0e1 1e400 -0 +0 -0.0 +.1 0_7 ??? ' +
    '${a.b} ${a:b} ${oc.env:X,y} -1 --1 - -- --- ... ? : :a #a a#b ! & * | > % @ ` # \' " \\ \u00e9 \u0661\u0662 1\u00a0 ' +
    '\ufeff 1\ufeff',
);
export const NUMBER_SIGNS = [
  ...words('0 1 2 3 4 5 6 7 8 9 0 0 1 7 + - . _ e E : 0x 0b 0o .inf .nan a F \u0661 \u{1d7d8}'),
  ' ',
];
export const TEXT_SIGNS = [
  ...'abcXYZ019 -?:,[]{}#&*!|>\'"%@`\\=<~/.$',
  ...[': ', ' #', '- ', ' ', '\u00e9', '\u{1f600}', '\t'],
];
const ESCAPES = words('\\n \\t \\x41 \\u00e9 \\U0001F600 \\0 \\e \\_ \\N \\L \\q \\x4 \\/ \\"');
const TAME = words(
  `1 b true 0.1 1e-3 null \${x} 'q' "d" ??? [] {} a/b.c 1_000 012 1:30 .5e-3 -.inf ~ No 2001-12-14 "\\u00e9\\n" 'it''s' -7 x:y`,
);

/** What people write, in many forms. */
export const tameScalar = (random: Random): string => random.of(TAME);

/** What no one would write. */
export function wildScalar(random: Random): string {
  switch (random.upTo(5)) {
    case 0:
      return random.of(WORDS);
    case 1:
    case 2:
      return textOf(random, NUMBER_SIGNS, 1, 7);
    case 3:
      return quoted(random, textOf(random, TEXT_SIGNS, 1, 10));
    default:
      return textOf(random, TEXT_SIGNS, 1, 10);
  }
}

/** Mostly with what needs it escaped. */
export function quoted(random: Random, text: string): string {
  if (chance(random, 2)) return `'${chance(random, 4) ? text : text.replaceAll("'", "''")}'`;
  if (chance(random, 3)) return `"${text}${random.of(ESCAPES)}"`;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
