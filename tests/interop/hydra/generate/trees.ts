import type { Random } from '../../../helpers/random.js';
import { between, oneOf, percent, some, words } from './dice.js';

// Trees of configurations: groups within groups, packages, defaults lists of every kind, values that refer to others.

/** A search path: the primary directory, one behind it, one that `hydra.searchpath` can name, and what a program registers. */
export interface Tree {
  files: Record<string, string>;
  further: Record<string, string> | null;
  cwd: Record<string, string>;
  store: { path: string; package: string | null; yaml: string }[];
}

export const GROUPS = ['db', 'db/engine', 'model', 'model/head', 'srv', 'exp'] as const;
const OPTIONS = ['o0', 'o1', 'o2'];
const KEYS = ['a', 'b', 'c', 'lr', 'n', 'db', 'model', 'name'];
const PACKAGES = words(
  '_global_ _here_ _group_ p p.q model _global_.p a _group_.x _global_._global_ db.engine _name_ p._global_.r srv',
);

export function randomTree(random: Random): Tree {
  const files = configs(random, 93);
  for (const name of ['config', 'base', 'other'])
    files[`${name}.yaml`] = file(random, '', name === 'base' ? 1 : 4);
  if (percent(random, 15)) files['sub/config.yaml'] = file(random, 'sub', 3);
  if (percent(random, 15)) files['hydra/output/mine.yaml'] = `# @package hydra\n${random.of(OUTPUTS)}`;
  if (percent(random, 5))
    files['hydra/job_logging/mine.yaml'] =
      `${random.of(['', '# @package hydra.job_logging\n', '# @package _group_\n'])}a: 1\n`;
  if (percent(random, 8)) files['empty/'] = '';
  if (percent(random, 5)) files['db/notes.txt'] = 'text\n';
  if (percent(random, 4)) files['db/o3.yml'] = 'a: 1\n';
  return {
    files,
    further: percent(random, 12) ? configs(random, 25) : null,
    cwd: percent(random, 20) ? under('extra', configs(random, 20)) : {},
    store: percent(random, 12) ? between(random, 1, 2, () => registered(random)) : [],
  };
}

function configs(random: Random, most: number): Record<string, string> {
  const found: Record<string, string> = {};
  for (const group of GROUPS)
    for (const option of OPTIONS)
      if (percent(random, most))
        found[`${group}/${option}.yaml`] = file(
          random,
          group,
          group === 'exp' ? 3 : percent(random, 25) ? 2 : 0,
        );
  return found;
}

const under = (directory: string, files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${directory}/${path}`, text]));

const registered = (random: Random): Tree['store'][number] => ({
  path: `${random.of(['', 'db/', 'model/', 'new/'])}${random.of(['s0', 's1', 'o9', 'o0'])}`,
  package: percent(random, 25) ? random.of(PACKAGES) : null,
  yaml: defaultsList(random, '', percent(random, 20) ? 1 : 0) + mapping(random, 0, 3) || '{}\n',
});

/** `most`: how many entries its defaults list may have. */
function file(random: Random, group: string, most: number): string {
  const global = group === 'exp' ? 70 : 0;
  const head = percent(random, global) ? '# @package _global_\n' : percent(random, 14) ? header(random) : '';
  if (percent(random, 1) && group !== '')
    return `${head}${random.of(['- 1\n- x\n', 'null\n', '', 'text\n', '[]\n', '1\n', '# c\n', 'a: 1\nb: ${a\n', 'a: [\n'])}`;
  return head + (defaultsList(random, group, most) + mapping(random, 0, 5) || '{}\n');
}

const header = (random: Random): string =>
  `${random.of(['', '', '', '', '# c\n', '\n', '# @x y\n'])}${random.of(['# @package', '# @package', '#@package'])} ${random.of(PACKAGES)}\n`;

function defaultsList(random: Random, group: string, most: number): string {
  const entries = new Map<string, string>();
  for (const text of some(random, most, () => entry(random, group)))
    entries.set(text.split(':')[0] ?? '', text);
  const list = [...entries.values()];
  if (percent(random, 60) && most > 0) list.splice(random.upTo(list.length), 0, '_self_');
  if (percent(random, most > 0 ? (group === 'exp' ? 50 : 8) : 0))
    list.push(...between(random, 1, 2, () => overriding(random)));
  if (percent(random, 1) && most > 0)
    return random.of([
      'defaults: []\n',
      'defaults: null\n',
      'defaults: {db: o0}\n',
      'defaults: db\n',
      'defaults:\n  - db: 1\n',
      'defaults:\n  - {}\n',
      'defaults:\n  - {db: o0, model: o1}\n',
      'defaults:\n  - null\n',
      'defaults:\n  - [db]\n',
      'defaults:\n  - _self_@a\n',
      'defaults:\n  - db: {a: 1}\n',
    ]);
  return list.length === 0 ? '' : `defaults:\n${list.map((text) => `  - ${text}\n`).join('')}`;
}

/** A group as it is named in a list of this group: relative or absolute, seldom wrongly. */
function groupName(random: Random, group: string): string {
  const wanted: string = random.of(GROUPS);
  if (wanted.startsWith(`${group}/`) && percent(random, 70)) return wanted.slice(group.length + 1);
  return (group !== '' && !percent(random, 6)) || percent(random, 20) ? `/${wanted}` : wanted;
}

const packageSuffix = (random: Random, n: number): string =>
  percent(random, n) ? `@${random.of(PACKAGES)}${percent(random, 3) ? ':x' : ''}` : '';

function entry(random: Random, group: string): string {
  if (percent(random, 8))
    return `${random.of(['base', '/base', 'other', 'nope', 'base.yaml', '/exp/o0', '/srv/o1'])}${packageSuffix(random, 15)}`;
  if (percent(random, 8)) return `${groupName(random, group)}/${option(random)}${packageSuffix(random, 35)}`;
  const keyword = percent(random, 12)
    ? random.of(['optional ', 'optional ', 'optional ', 'optional  ', 'nope ', 'optional optional '])
    : '';
  return `${keyword}${groupName(random, group)}${packageSuffix(random, 15)}: ${choice(random)}`;
}

const option = (random: Random): string =>
  percent(random, 96)
    ? random.of(OPTIONS)
    : random.of(['nope', 'o0.yaml', 'engine/o0', 'head/o1', '../model/o0', 's0', 'o3']);

function choice(random: Random): string {
  const kind = random.upTo(99);
  if (kind < 80) return option(random);
  if (kind < 84) return 'null';
  if (kind < 90) return `[${some(random, 3, () => option(random)).join(', ')}]`;
  if (kind < 91) return '???';
  if (kind < 99)
    return `'${random.of(['${db}', '${model}', '${db}', 'o${n}', '${db/engine}', '${model/head}', '${db@p}', '${oc.env:NOPE,o1}', 'o${oc.env:N,1}', '${srv}', '${.a}', '${defaults.0.db}', '${exp}', '${db}${nope}', '${oc.select:db,o2}', '${db@p.q}'])}'`;
  return random.of(["''", '1', 'true', '[1]', '[[o0]]', '"o0,o1"', "'${db'"]);
}

const overriding = (random: Random): string =>
  percent(random, 15)
    ? `override ${random.of(['/', '/', ''])}hydra/${random.of(['job_logging: none', 'job_logging: stdout', 'hydra_logging: disabled', 'output: default', 'launcher: basic', 'sweeper: basic', 'nope: x', 'job_logging: nope', 'env: null', 'callbacks: null', 'output: mine'])}`
    : `override ${percent(random, 70) ? '/' : ''}${random.of(GROUPS)}${packageSuffix(random, 15)}: ${choice(random)}`;

function mapping(random: Random, depth: number, most: number): string {
  const indent = '  '.repeat(depth);
  const names = new Set(some(random, most, () => random.of(KEYS)));
  let text = '';
  for (const name of names) {
    const key = percent(random, 4)
      ? random.of([
          '1',
          'true',
          '1.5',
          "'1'",
          'x-y',
          "'a b'",
          "'a.b'",
          'defaults',
          "''",
          '_target_',
          '0x10',
          '~',
        ])
      : name;
    const nested = depth < 2 && percent(random, 30) ? mapping(random, depth + 1, 3) : '';
    text += nested === '' ? `${indent}${key}: ${value(random, 0)}\n` : `${indent}${key}:\n${nested}`;
  }
  if (depth === 0 && percent(random, 7))
    text += `hydra:\n${between(random, 1, 2, () => random.of(HYDRA)).join('')}`;
  return text;
}

const OUTPUTS = [
  'run:\n  dir: mine/${a}\n',
  'sweep:\n  dir: s/${hydra.job.name}\n  subdir: ${hydra.job.num}_${hydra.job.override_dirname}\n',
  'run: {dir: "${now:%H}"}\nlauncher: {x: 1}\n',
  'run: {dir: 5}\n',
];

/** What people, or nobody, write below `hydra:`. */
const HYDRA = [
  '  run:\n    dir: out/${now:%Y}/${a}\n',
  '  job:\n    name: mine\n    chdir: yes\n',
  '  sweep: {dir: m/${now:%H-%M-%S}, subdir: "${hydra.job.override_dirname}"}\n',
  '  sweep: {subdir: "${a}_${hydra:job.num}_${hydra.job.id}"}\n',
  '  sweeper:\n    params:\n      a: 1,2\n      lr: range(3)\n',
  '  sweeper:\n    params: {db: "o0,o1", +z: "choice(a,b)"}\n',
  '  sweeper: {max_batch_size: 2}\n',
  '  job:\n    env_set: {X: 1, Y: "${a}"}\n    env_copy: [USER]\n',
  '  job:\n    config:\n      override_dirname: {kv_sep: "-", item_sep: _, exclude_keys: [a, lr]}\n',
  '  verbose: [x]\n',
  '  output_subdir: null\n',
  '  nope: 1\n',
  '  run: x\n',
  '  mode: MULTIRUN\n',
  '  mode: RUN\n',
  '  mode: 1\n',
  '  mode: run\n',
  '  searchpath: [extra]\n',
  '  searchpath: ["file://extra"]\n',
  '  searchpath: [pkg://nope.conf, "${oc.env:NOPE,extra}"]\n',
  '  searchpath: extra\n',
  '  searchpath: [1]\n',
  '  searchpath: null\n',
  '  callbacks:\n    x: {_target_: y, z: 1}\n',
  '  job_logging: {root: {level: DEBUG}, more: [1]}\n',
  '  hydra_logging: null\n',
  '  launcher: {n_jobs: 2}\n',
  '  launcher: null\n',
  '  job: {num: 3, id: 7}\n',
  '  job: {name: ???}\n',
  '  job: {name: 1.5, override_dirname: x}\n',
  '  runtime: {output_dir: x, choices: {a: b}}\n',
  '  runtime: {cwd: /x, version: 9}\n',
  '  overrides: {task: [a=9], hydra: [hydra.verbose=true]}\n',
  '  help: {header: h, app_name: n}\n',
  '  defaults: [a]\n',
  '  env: {a: 1}\n',
  '  sweeper: {params: {a: 1}, foo: 2}\n',
  '  output_subdir: "${a}"\n',
  '  job: {chdir: "${a}"}\n',
];

const SCALARS = [
  ...words(
    "1 0 -3 1.5 1e-3 1_000 .5 true False yes on null ~ '' x '1' \"1.0\" ??? ??? 2001-12-14 1:30 0x1F 010 y .inf .nan 007 a:b 1e20",
  ),
  'a b',
  '"é"',
  "'it''s'",
  '"\\t"',
  '!!binary aGk=',
  '123456789012345678901',
  '"a\\nb"',
  '-0.0',
];

const INTERPOLATIONS = words(
  `\${a} \${b} \${lr} \${.b} \${..a} \${...c} \${db.a} \${model.a} \${db} \${p.q} \${n.a.b} x_\${a}_\${b} \${oc.env:USER} \${oc.env:NOPE,1.50}
  \${oc.env:NOPE,null} \${oc.select:nope,3} \${oc.select:a} \${oc.decode:"[1,2]"} \${oc.decode:\${oc.env:FOO_LIST}} \${oc.dict.keys:db}
  \${oc.dict.values:db} \${now:%Y-%m} \\\${a} \\\\\${a} \${c.0} \${oc.create:{x:1}} \${nope} \${nope:1} \${hydra:job.name} \${hydra.job.name}
  \${c[0]} \${oc.deprecated:a} \${python_version:major} \${db.\${n}} \${oc.env:\${n},x} \${oc.decode:null} pre\${c} \${hydra:runtime.choices.db}
  \${hydra:runtime.cwd} \${hydra:job.num} \${hydra:nope} \${hydra:sweep.subdir} \${model.head.a} \${db.engine} \${oc.select:db.a,\${a}} \${.a} \${name}
  \${oc.create:\${model}} \${db.a}/\${lr}`,
); // prettier-ignore

function value(random: Random, depth: number): string {
  const kind = random.upTo(99);
  if (depth < 2 && kind < 12) return `[${some(random, 3, () => value(random, depth + 1)).join(', ')}]`;
  if (depth < 2 && kind < 22) {
    const names = [...new Set(some(random, 3, () => random.of(KEYS)))];
    return `{${names.map((name) => `${name}: ${value(random, depth + 1)}`).join(', ')}}`;
  }
  if (kind < 45)
    return `'${oneOf(
      random,
      () => random.of(INTERPOLATIONS),
      () => random.of([...INTERPOLATIONS, '${ a }']),
    ).replaceAll("'", "''")}'`;
  return random.of(SCALARS);
}
