import type { Random } from '../../helpers/random.js';
import { some, textOf, wildScalar } from './yaml-scalars.js';
import { structure } from './yaml-structures.js';

/** Texts to compare readers by: most are nearly valid. By what they try. */
export const TEXTS: Readonly<Record<string, (random: Random) => string>> = {
  scalars: (random) => `v: ${wildScalar(random)}\n`,
  structures: structure,
  'damaged structures': (random) => damaged(random, structure(random)),
  signs: (random) => textOf(random, SIGNS, 1, 14),
  lines: (random) =>
    some(random, 1, 8)
      .map(() => `${random.of(LINES)}\n`)
      .join(''),
};

/** Pieces between bars, which stand in no YAML below. */
const pieces = (text: string): readonly string[] => text.split('\u00a6');

const SIGNS = pieces(
  'a¦b¦1¦a b¦ ¦ ¦  ¦\n¦\n¦\n¦\n  ¦\n    ¦\n- ¦\n  - ¦- ¦-¦: ¦:¦:\n¦? ¦[¦]¦{¦}¦,¦, ¦#¦ #c¦\'¦\'q\'¦"¦"d"¦|\n¦>\n¦|-\n ¦&a ¦*a¦!!str ' +
    '¦! ¦!x ¦---¦\n---\n¦...¦\n...\n¦\t¦<<: ¦\r\n¦\u0085¦\u2028¦%YAML 1.1\n¦\u00e9¦\u{1f600}¦k: v\n¦\\¦"\\\n"¦\ufeff¦\0¦=',
);

const LINES = pieces(
  'a: 1¦b:¦- x¦  - y¦  c: 2¦    d: 3¦- e: 4¦  f: 5¦# g¦¦  # h¦i: |¦  text¦    more¦j: >-¦k: [1,¦  2]¦l: {m: n,¦  o: p}¦"q": r' +
    '¦s: \'t¦  u\'¦? v¦: w¦---¦...¦ a: 1¦   - z¦a: &x¦b: *x¦<<: *x¦- - 1¦  - 2¦c: "d¦ e"¦f: g¦  h¦- ¦-¦a:b¦\tt: 1¦u: \t1¦v: 1 # w' +
    '¦x: #y¦- [a, b]: c¦- ? a¦- {a: b}¦  : c',
);

const DAMAGE = [
  ...' \n\t-:?,[]{}#&*!|>\'"%@`\\a1\u00e9',
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
export const damaged = (random: Random, text: string): string =>
  some(random, 1, 3).reduce((changed) => change(random, changed).toWellFormed(), text);

function change(random: Random, text: string): string {
  const at = random.upTo(text.length);
  const rows = text.split('\n');
  const row = random.upTo(rows.length - 1);
  const copy = rows[row] ?? '';
  switch (random.upTo(7)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + random.upTo(3));
    case 1:
      return rows.toSpliced(row, 1).join('\n');
    case 2:
      return rows.toSpliced(random.upTo(rows.length), 0, copy).join('\n');
    case 3:
      return rows.with(row, ` ${copy}`).join('\n');
    case 4:
      return rows.with(row, copy.slice(1)).join('\n');
    case 5:
      return text.slice(0, at);
    default:
      return text.slice(0, at) + random.of(DAMAGE) + text.slice(at + random.upTo(1));
  }
}
