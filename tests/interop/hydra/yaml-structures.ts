import type { Random } from '../../helpers/random.js';
import {
  chance,
  NUMBER_SIGNS,
  quoted,
  some,
  TEXT_SIGNS,
  tameScalar,
  textOf,
  WORDS,
  wildScalar,
} from './yaml-scalars.js';

interface Style {
  random: Random;
  anchors: string[];
  /** Whether parts may be what no one would write. */
  wild: boolean;
}

/** A document with collections within each other, written in one of many ways. */
export function structure(random: Random): string {
  const style: Style = { random, anchors: [], wild: chance(random, 2) };
  const head = chance(random, 12) ? random.of(HEADS) : '';
  const tail = chance(random, 15) ? random.of(['...\n', '# end', '\n\n', '---\n', '...\n# c\n', ' ']) : '';
  return head + block(style, 0, 3) + tail;
}

const HEADS = ['---\n', '%YAML 1.1\n---\n', '--- ', '# c\n', '\n', '\ufeff', '%TAG !e! tag:e,1:\n---\n'];

const indentOf = (n: number): string => ' '.repeat(n);

/** A value that starts in a line of its own. */
function block(style: Style, indent: number, depth: number): string {
  const { random } = style;
  if (depth === 0 || chance(random, 6)) return indentOf(indent) + inline(style, indent, depth);
  const row = chance(random, 3)
    ? () => `-${item(style, indent, depth - 1, 2)}`
    : () => entry(style, indent, depth - 1);
  return some(random, 1, 4)
    .map(() => pad(style, indent) + row())
    .join('');
}

/** Comments and empty lines come before some lines, and a few are out of line. */
function pad({ random, wild }: Style, indent: number): string {
  const comments = ['\n', `${indentOf(indent)}# c\n`, '# c: d\n', '  \n', wild ? '\t\n' : '\n'];
  const shift = wild && chance(random, 40) ? random.of([-1, 1]) : 0;
  return (chance(random, 10) ? random.of(comments) : '') + indentOf(Math.max(indent + shift, 0));
}

function end({ random, wild }: Style): string {
  const ends = [' # c\n', '  \n', ' #\n', '\r\n', '\n\n', ...(wild ? ['#c\n', '\t\n'] : [])];
  return chance(random, 12) ? random.of(ends) : '\n';
}

function entry(style: Style, indent: number, depth: number): string {
  const { random, anchors } = style;
  if (chance(random, 30)) return `? ${key(style)}\n${indentOf(indent)}:${item(style, indent, depth, 2)}`;
  if (chance(random, 30) && anchors.length > 0) return `<<: ${merged(style)}${end(style)}`;
  const colon = chance(random, 40) ? ' :' : ':';
  return key(style) + colon + item(style, indent, depth, random.of([2, 2, 4, 0]));
}

function merged({ random, anchors }: Style): string {
  const alias = (): string => `*${random.of(anchors)}`;
  return chance(random, 3) ? `[${alias()}, ${alias()}]` : alias();
}

function key({ random, wild }: Style): string {
  switch (random.upTo(wild ? 10 : 40)) {
    case 0:
      return quoted(random, textOf(random, TEXT_SIGNS, 1, 5));
    case 1:
      return random.of(WORDS);
    case 2:
      return textOf(random, NUMBER_SIGNS, 1, 4);
    default:
      return (
        random.of(['a', 'b', 'lr', 'x.y', 'a b', 'db/x', '_target_', 'k-v', '1', '\u00e9']) +
        (wild ? '' : random.upTo(99))
      );
  }
}

/** What stands behind `-` or `key:`, up to the end of its line or of the lines below. */
function item(style: Style, indent: number, depth: number, step: number): string {
  const { random, wild } = style;
  const marks = properties(style);
  if (depth > 0 && chance(random, 2)) {
    // A list may stand as far left as its key; a mapping that does is an error.
    const inner = indent + step + (chance(random, 12) ? 1 : 0);
    return marks + end(style) + block(style, inner, depth);
  }
  if (chance(random, 8)) return `${marks} ${blockScalar(style, indent + step)}`;
  if (chance(random, 20)) return marks + end(style);
  if (wild && depth > 0 && chance(random, 8)) return `${marks} ${entry(style, indent + 2, depth - 1)}`;
  return `${marks} ${inline(style, indent, depth)}${end(style)}`;
}

function properties({ random, anchors, wild }: Style): string {
  let marks = '';
  const name = random.of(['a', 'b', 'c1', 'x-y']);
  if (chance(random, 15) && (!anchors.includes(name) || (wild && chance(random, 20)))) {
    anchors.push(name);
    marks += ` &${name}`;
  }
  return wild && chance(random, 15) ? `${marks} ${random.of(TAGS)}` : marks;
}

const TAGS = (
  '!!str !!int !!float !!bool !!null !!seq !!map !!binary !!omap !!pairs ! !x !e!y !<tag:yaml.org,2002:str> !!value ' +
  '!!python/object/apply:pathlib.Path !!python/tuple !!str%21 !!merge'
).split(' ');

function inline(style: Style, indent: number, depth: number): string {
  const { random, anchors, wild } = style;
  const kind = random.upTo(15);
  if (kind === 0 && anchors.length > 0) return `*${random.of(anchors)}`;
  if (kind <= 2) return multiline(style, indent);
  if (kind <= 5 && depth > 0) return flow(style, depth);
  return kind <= 9 && wild ? wildScalar(random) : tameScalar(random);
}

function multiline({ random, wild }: Style, indent: number): string {
  const breaks = ['\n', '\n\n', ' \n', '\n  \n', '\r\n', ...(wild ? ['\u2028', '\u0085'] : [])];
  const starts = wild ? ['w', 'c: d', '# e', '- f', 'g #h', '---', '"'] : ['w', 'a b', 'i:j', '- f', "it''s"];
  const lines = some(random, 1, 3).map(
    () => random.of(breaks) + indentOf(indent + random.of([1, 2, 2, 3, wild ? 0 : 1])) + random.of(starts),
  );
  const text = `t${lines.join('')}`;
  return random.of([text, text, `'${text}'`, `"${text}"`, `"${text}\\\n  x"`]);
}

function flow(style: Style, depth: number): string {
  const { random } = style;
  const list = chance(random, 2);
  const parts = some(random, 0, 3).map(() => {
    const part = list && !chance(random, 8) ? flowItem(style, depth) : flowPair(style, depth);
    return flowSpace(style) + part + flowSpace(style);
  });
  const inner = parts.join(',') + (chance(random, 10) ? ',' : '');
  return list ? `[${inner}]` : `{${inner}}`;
}

const flowSpace = ({ random, wild }: Style): string =>
  random.of(['', ' ', '', ' ', ...(wild ? ['\n', '\n   ', ' # c\n'] : [])]);

function flowItem(style: Style, depth: number): string {
  const { random, wild } = style;
  if (depth > 1 && chance(random, 4)) return flow(style, depth - 1);
  const tame = ['1', 'a', 'a b', "'q'", '"d"', 'x:y', 'http://a:80', '-1', 'null', '\u00e9', '1.5', '${a}'];
  return random.of(wild ? [...tame, '', '*a', '?x', '- b', '-', ':', 'a?'] : tame);
}

function flowPair(style: Style, depth: number): string {
  const { random, wild } = style;
  const name = random.of(['a', 'b', '"c"', "'d'", '1', 'f g', ...(wild ? ['? e', ''] : [])]);
  return name + random.of([': ', ': ', ...(wild ? [':', ' : ', ''] : [])]) + flowItem(style, depth);
}

function blockScalar({ random, wild }: Style, indent: number): string {
  const header = random.of(['', '', '-', '+', '2', '-2', ' # c', ...(wild ? ['1', '3+', '#c', '0'] : [])]);
  const rows = some(random, 0, 4).map(
    () => indentOf(Math.max(indent + random.of([0, 0, 0, 1, 2, wild ? -1 : 0]), 0)) + random.of(ROWS),
  );
  return `${random.of(['|', '>'])}${header}\n${rows.map((row) => `${row}\n`).join('')}`;
}

const ROWS = ['text', 'a: b', '- c', '# d', '', '', '  more', '\ttab', 'e\u2028f', '...', "it's", '${x}'];
