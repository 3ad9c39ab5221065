import type { Random } from '../../helpers/random.js';

// Random configuration trees that look like people's: groups and options, packages, interpolations, and overrides.

export interface Tree {
  files: Record<string, string>;
  config_name: string;
  overrides: string[];
  run_mode: 'RUN' | 'MULTIRUN';
  version_base: '1.2' | '1.3';
}

const GROUPS = ['g0', 'g1', 'g0/in', 'db'];
const OPTIONS = ['o0', 'o1', 'o2'];
const KEYS = ['a', 'b', 'c', 'lr', 'n', 'g0', 'db'];
const PACKAGES = ['_global_', '_here_', '_group_', 'p', 'p.q', 'g1', '_global_.p', 'a'];

const chance = (random: Random, percent: number): boolean => random.upTo(99) < percent;
const times = <T>(random: Random, most: number, make: () => T): T[] =>
  Array.from({ length: random.upTo(most) }, make);

export function randomTree(random: Random): Tree {
  const files: Record<string, string> = {};
  for (const group of GROUPS)
    for (const option of OPTIONS)
      if (chance(random, 94))
        files[`${group}/${option}.yaml`] = file(random, group, chance(random, 20) ? 1 : 0);
  if (chance(random, 30)) files['exp/e.yaml'] = file(random, 'exp', 2);
  files['base.yaml'] = file(random, '', 0);
  if (chance(random, 15)) files['hydra/output/mine.yaml'] = '# @package hydra\nrun:\n  dir: mine/${a}\n';
  const config = file(random, '', 4);
  files['config.yaml'] = config;
  const chosen = GROUPS.filter((group) => config.includes(`${group}: `));
  return {
    files,
    config_name: chance(random, 5) ? 'g0/o0' : 'config',
    overrides: times(random, 3, () => override(random, chosen)),
    run_mode: chance(random, 10) ? 'MULTIRUN' : 'RUN',
    version_base: chance(random, 10) ? '1.2' : '1.3',
  };
}

/** `most`: how many entries its defaults list may have. */
function file(random: Random, group: string, most: number): string {
  const header = chance(random, 18) ? `# @package ${random.of(PACKAGES)}\n` : '';
  const defaults = most > 0 ? defaultsList(random, group, most) : '';
  return (
    header + (chance(random, 1) && group !== '' ? '- 1\n- x\n' : defaults + mapping(random, 0, 4)) || '{}\n'
  );
}

function defaultsList(random: Random, group: string, most: number): string {
  const entries = new Map<string, string>();
  for (const text of times(random, most, () => entry(random, group)))
    entries.set(text.split(':')[0] ?? '', text);
  const list = [...entries.values()];
  if (chance(random, 60)) list.splice(random.upTo(list.length), 0, '_self_');
  if (chance(random, 6)) list.push(...times(random, 2, () => overriding(random)));
  return list.length === 0 ? '' : `defaults:\n${list.map((text) => `  - ${text}\n`).join('')}`;
}

function groupKey(random: Random, group: string): string {
  const name = random.of(GROUPS);
  const absolute = group !== '' || chance(random, 20) ? '/' : '';
  return absolute + name + (chance(random, 15) ? `@${random.of(PACKAGES)}` : '');
}

function entry(random: Random, group: string): string {
  if (chance(random, 8)) return 'base';
  if (chance(random, 8))
    return `/${random.of(GROUPS)}/${random.of(OPTIONS)}${chance(random, 40) ? `@${random.of(PACKAGES)}` : ''}`;
  const optional = chance(random, 10) ? 'optional ' : '';
  return `${optional}${groupKey(random, group)}: ${option(random)}`;
}

function option(random: Random): string {
  const kind = random.upTo(99);
  if (kind < 82) return random.of(OPTIONS);
  if (kind < 86) return 'null';
  if (kind < 92) return `[${times(random, 3, () => random.of(OPTIONS)).join(', ')}]`;
  if (kind < 93) return '???';
  if (kind < 97) return `\${${random.of(GROUPS)}}`;
  if (kind < 99) return `'o\${db}'`;
  return 'nope';
}

const overriding = (random: Random): string =>
  chance(random, 15)
    ? `override ${chance(random, 50) ? '/' : ''}hydra/job_logging: ${random.of(['none', 'stdout', 'nope'])}`
    : `override ${chance(random, 60) ? '/' : ''}${random.of(GROUPS)}${chance(random, 15) ? `@${random.of(PACKAGES)}` : ''}: ${option(random)}`;

function mapping(random: Random, depth: number, most: number): string {
  const indent = '  '.repeat(depth);
  const names = new Set(times(random, most, () => random.of(KEYS)));
  let text = '';
  for (const name of names) {
    const key = chance(random, 4) ? random.of(['1', 'true', '1.5', "'1'", 'x-y', "'a b'"]) : name;
    const nested = depth < 2 && chance(random, 28) ? mapping(random, depth + 1, 3) : '';
    text += nested === '' ? `${indent}${key}: ${value(random, 0)}\n` : `${indent}${key}:\n${nested}`;
  }
  if (depth === 0 && chance(random, 4)) text += random.of(HYDRA);
  return text;
}

const HYDRA = [
  'hydra:\n  run:\n    dir: out/${now:%Y}/${a}\n',
  'hydra:\n  job:\n    name: mine\n    chdir: yes\n',
  'hydra:\n  sweep: {subdir: "${hydra.job.override_dirname}"}\n',
  'hydra:\n  sweeper:\n    params:\n      a: 1,2\n      lr: range(3)\n',
  'hydra:\n  job:\n    env_set: {X: 1, Y: "${a}"}\n',
  'hydra:\n  job:\n    config:\n      override_dirname: {kv_sep: "-", exclude_keys: [a]}\n',
  'hydra:\n  verbose: [x]\n  output_subdir: null\n',
  'hydra:\n  nope: 1\n',
  'hydra:\n  run: x\n',
  'hydra:\n  mode: MULTIRUN\n',
];

const SCALARS = [
  '1',
  '0',
  '-3',
  '1.5',
  '1e-3',
  '1_000',
  '.5',
  'true',
  'False',
  'yes',
  'on',
  'null',
  '~',
  "''",
  'x',
  'a b',
  "'1'",
  '"1.0"',
  '???',
  '2001-12-14',
  '1:30',
  '0x1F',
  '010',
  'y',
  '"é"',
  "'it''s'",
  '.inf',
  '.nan',
  '"\\t"',
  '007',
  'a:b',
]; // prettier-ignore

const INTERPOLATIONS = [
  '${a}',
  '${b}',
  '${lr}',
  '${.b}',
  '${..a}',
  '${...c}',
  '${g0.a}',
  '${db.a}',
  '${db}',
  '${p.q}',
  '${n.a.b}',
  'x_${a}_${b}',
  '${oc.env:USER}',
  '${oc.env:NOPE,1.50}',
  '${oc.env:NOPE,null}',
  '${oc.select:nope,3}',
  '${oc.select:a}',
  '${oc.decode:"[1,2]"}',
  '${oc.decode:${oc.env:FOO_LIST}}',
  '${oc.dict.keys:g0}',
  '${oc.dict.values:db}',
  '${now:%Y-%m}',
  '\\${a}',
  '\\\\${a}',
  '${c.0}',
  '${oc.create:{x:1}}',
  '${nope}',
  '${nope:1}',
  '${hydra:job.name}',
  '${hydra.job.name}',
  '${c[0]}',
  '${oc.deprecated:a}',
  '${python_version:major}',
  '${g0.${n}}',
  '${oc.env:${n},x}',
  '${ a }',
  '${oc.decode:null}',
  'pre${c}',
]; // prettier-ignore

function value(random: Random, depth: number): string {
  const kind = random.upTo(99);
  if (depth < 2 && kind < 12) return `[${times(random, 3, () => value(random, depth + 1)).join(', ')}]`;
  if (depth < 2 && kind < 22) {
    const names = [...new Set(times(random, 3, () => random.of(KEYS)))];
    return `{${names.map((name) => `${name}: ${value(random, depth + 1)}`).join(', ')}}`;
  }
  if (kind < 45) return quoted(random.of(INTERPOLATIONS));
  return random.of(SCALARS);
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const VALUES = [
  '1',
  '2.5',
  '1e-3',
  'true',
  'null',
  'x',
  "'a b'",
  '[1,2]',
  '[]',
  '{a:1}',
  '{}',
  '{b:{c:1}}',
  '???',
  '${a}',
  '${b}',
  '${nope}',
  "'1'",
  'o0',
  'o1',
  'nope',
  '[o0,o1]',
  '',
  'a:b',
  '"${lr}"',
  '{1:a}',
  '[{a:1},x]',
  "'${oc.env:USER}'",
]; // prettier-ignore

const PATHS = [
  'a',
  'b',
  'lr',
  'n',
  'c',
  'n.a',
  'g0.a',
  'db.lr',
  'c.0',
  'p.q.a',
  'n.b.c',
  'nope',
  'g0.in.a',
  'c.0.a',
  'a.1',
];

const HYDRA_OVERRIDES = [
  'hydra.job.name=z',
  'hydra.run.dir=r/${a}',
  'hydra.job.num=3',
  'hydra.job.chdir=on',
  'hydra.verbose=true',
  'hydra.nope=1',
  '+hydra.nope=1',
  '+hydra.job.env_set.X=1',
  'hydra.sweeper.params={a:1}',
  '+hydra.sweeper.params={a:1}',
  'hydra.mode=run',
  'hydra.mode=RUN',
  'hydra/job_logging=none',
  'hydra/output=mine',
  'hydra/launcher=nope',
  '~hydra.verbose',
  'hydra.run={dir:x}',
  'hydra.output_subdir=null',
  'hydra.job.name=null',
  'hydra.searchpath=[]',
  'hydra.job_logging.root.level=DEBUG',
  '~hydra/output',
  '+hydra.callbacks.x={_target_:y}',
  'hydra.help.header=h',
  'hydra={verbose:1}',
  'hydra.sweep.subdir=1',
  'hydra.overrides.task=[x]',
]; // prettier-ignore

function override(random: Random, chosen: readonly string[]): string {
  if (chance(random, 10)) return random.of(HYDRA_OVERRIDES);
  if (chance(random, 35)) return groupOverride(random, chosen);
  const prefix = random.of(['', '+', '++', '++', '++', '++', '~']);
  const path = random.of(PATHS);
  if (prefix === '~' && chance(random, 60)) return `~${path}`;
  return `${prefix}${path}=${chance(random, 2) ? random.of(['1,2', 'range(3)']) : random.of(VALUES)}`;
}

function groupOverride(random: Random, chosen: readonly string[]): string {
  const known = chosen.length > 0 && chance(random, 75);
  const group = known ? random.of(chosen) : random.of([...GROUPS, 'exp']);
  const pkg = chance(random, 12) ? `@${random.of(PACKAGES)}` : '';
  const prefix = known
    ? random.of(['', '', '', '', '~'])
    : random.of(chance(random, 15) ? ['', '~', '++'] : ['+']);
  if (prefix === '~' && chance(random, 60)) return `~${group}${pkg}`;
  const choice = chance(random, 90) ? random.of(group === 'exp' ? ['e'] : OPTIONS) : random.of(VALUES);
  return `${prefix}${group}${pkg}=${choice}`;
}
