import type { Json } from '../../../../src/hydra/typed-json.js';
import type { Random } from '../../../helpers/random.js';
import type { Question } from '../oracle.js';
import { between, damaged, percent, some, words } from './dice.js';
import { configText, elementText, TARGETS } from './interpolation-texts.js';

// Questions about OmegaConf: what becomes of configurations that are merged, updated, selected from and resolved.

const KEYS = ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'x.y', '0', '1', ''];
const SCALARS: readonly Json[] = [
  0,
  1,
  -1,
  { $int: '123456789012345678901' },
  { $float: '1.5' },
  { $float: '-0.0' },
  { $float: 'nan' },
  { $float: '1e-05' },
  true,
  false,
  null,
  null,
  '',
  'x',
  'a b',
  '1',
  'true',
  '???',
  '???',
  { $bytes: 'aGk=' },
  { $path: 'a/b' },
];
const INTERPOLATIONS = words(
  '${a} ${b} ${c} ${d} ${a.b} ${b.a} ${c.0} ${d.a.b} ${.a} ${.b} ${..a} ${..b} ${...c} x${a} ${a}${b} ${nope} ${a[0]} \\${a} ' +
    '${oc.select:a} ${oc.select:nope,1} ${oc.select:.b} ${oc.dict.keys:a} ${oc.dict.values:b} ${oc.create:{a:1}} ${oc.create:${b}} ' +
    '${oc.decode:"[1,${b}]"} ${oc.env:USER} ${test:${a}} ${test:a,${b}} ${.0} ${..0} ${a.${b}} ${x.y} ${0} ${1.a} ${oc.deprecated:a}',
);

/** Typed JSON of a mapping. */
function mapping(random: Random, depth: number, keys = KEYS): Json {
  const pairs = new Map<string, [Json, Json]>();
  for (const key of some(
    random,
    4,
    (): Json =>
      percent(random, 4)
        ? random.of<Json>([1, true, { $float: '1.5' }, { $bytes: 'YQ==' }, 12])
        : random.of(keys),
  ))
    pairs.set(JSON.stringify(key), [key, value(random, depth + 1)]);
  const all = [...pairs.values()];
  const plain = all.every(([key]) => typeof key === 'string' && !/^(0|[1-9]\d*)$|^\$/.test(key));
  return plain ? Object.fromEntries(all.map(([key, item]) => [String(key), item])) : { $map: all };
}

function value(random: Random, depth: number): Json {
  if (depth < 3 && percent(random, 26)) return mapping(random, depth);
  if (depth < 3 && percent(random, 22)) return some(random, 3, () => value(random, depth + 1));
  return percent(random, 40) ? random.of(INTERPOLATIONS) : random.of(SCALARS);
}

const config = (random: Random): Json =>
  percent(random, 8) ? some(random, 4, () => value(random, 1)) : mapping(random, 0);

const KEY_PATHS = words(
  'a b c d a.b b.a c.0 a.0.b d.a.b a.b.c c.1 a.x x.y nope nope.a a[0] a[b].c [a] [a][b] .a a. a..b c.-1 0 1.a c[0].a',
);

const merge = (random: Random): Question => ({
  kind: 'oc_merge',
  configs: between(random, 2, 3, () => config(random)),
});

const update = (random: Random): Question => ({
  kind: 'oc_update',
  config: config(random),
  key: random.of(KEY_PATHS),
  value: value(random, 1),
  merge: percent(random, 75),
});

const select = (random: Random): Question => ({
  kind: 'oc_select',
  config: config(random),
  key: percent(random, 5) ? '' : random.of(KEY_PATHS),
});

const resolve = (random: Random): Question => ({
  kind: 'oc_resolve',
  config: config(random),
});

/** One value over a configuration that has all kinds of targets. */
const resolveText = (random: Random): Question => ({
  kind: 'oc_resolve',
  config: { ...TARGETS, under_test: { a: 1, b: configText(random), c: [configText(random)] } },
});

const grammar = (random: Random): Question =>
  percent(random, 50)
    ? { kind: 'oc_grammar', rule: 'configValue', input: configText(random), config: TARGETS }
    : { kind: 'oc_grammar', rule: 'singleElement', input: elementText(random), config: TARGETS };

const create = (random: Random): Question => ({ kind: 'oc_create', input: config(random) });

const dotlist = (random: Random): Question => ({
  kind: 'dotlist',
  input: some(
    random,
    4,
    () =>
      `${random.of(KEY_PATHS)}${percent(random, 5) ? '' : '='}${random.of(words('1 1.5 [1,2] {a:1} {a:b} null true x ??? ${a} "q" 1e-3 - [a {a: a=b a:b é ~ 010'))}`,
  ),
});

const HEADS = [
  '#@package a',
  '# @package a.b',
  '#  @package   _global_',
  '# @package',
  '# @package a b',
  '## @package a',
  '# c',
  '',
  ' ',
  '\t# @package t',
  '#@other x',
  '# @package: x',
  '# @Package x',
  'a: 1',
  '#\t@package\tx',
  '# @package é',
  '---',
  '# @package a # b',
  '\ufeff# @package a',
];

const header = (random: Random): Question => {
  const text = between(random, 1, 4, () => random.of(HEADS)).join(random.of(['\n', '\n', '\r\n', '\n\n']));
  return {
    kind: 'pkg_header',
    input: percent(random, 10) ? damaged(random, text, ['#', '@', ' ', '\n', '\u2028', '\x0c']) : text,
  };
};

export const configurationQuestion = (random: Random): Question =>
  random.of([merge, merge, merge, update, update, select, resolve, resolve, create])(random);

export const interpolationQuestion = (random: Random): Question =>
  random.of([resolveText, grammar, grammar])(random);

export const smallQuestion = (random: Random): Question => random.of([dotlist, header])(random);
