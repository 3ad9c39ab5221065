import {
  ConfigTree,
  Dict,
  HydraError,
  isList,
  MemorySource,
  type Value,
} from '../../../../src/hydra/hydra.js';
import type { Random } from '../../../helpers/random.js';
import type { Question } from '../oracle.js';
import { between, oneOf, percent, some, words } from './dice.js';
import { overrideText } from './override-texts.js';
import { sweptValue } from './overrides.js';
import { GROUPS, randomTree, type Tree } from './trees.js';

// Questions about trees, with overrides that suit them: of keys and choices that are there, and of some that are not.

export const composeQuestion = (random: Random): Question => {
  const { question, known } = asked(random);
  return {
    ...question,
    kind: 'compose',
    overrides: some(random, 3, () => override(random, known)),
    run_mode: percent(random, 8) ? 'MULTIRUN' : 'RUN',
    ...(percent(random, 3) && { validate_sweep_overrides: false }),
    ...(percent(random, 3) && { job_num: 3 }),
    ...(percent(random, 5) && { env: { NOPE: random.of(['o0', 'x', '1', 'extra']), N: '2' } }),
  };
};

export const multirunQuestion = (random: Random): Question => {
  const { question, known } = asked(random);
  return {
    ...question,
    kind: 'multirun',
    overrides: [
      ...between(random, 1, 2, () => sweeping(random, known)),
      ...(percent(random, 35) ? [override(random, known)] : []),
      ...(percent(random, 20) ? [random.of(SWEEP_OVERRIDES)] : []),
    ],
  };
};

export const listQuestion = (random: Random): Question => {
  const { question, known } = asked(random);
  const { job_name: _, env: __, ...rest } = question;
  return {
    ...rest,
    kind: random.of(['defaults_list', 'defaults_tree']),
    overrides: some(random, 3, () =>
      percent(random, 80) ? choosing(random, known) : override(random, known),
    ),
    prepend_hydra: percent(random, 40),
    skip_missing: percent(random, 15),
  };
};

/** What a tree composes to without overrides. */
interface Known {
  /** Dotted keys of the job's configuration. */
  keys: readonly string[];
  /** Keys of choices, `group@package`. */
  choices: readonly string[];
}

interface Asked {
  question: Question;
  known: Known;
}

/** Most trees compose as they are, so that it is the overrides that decide. */
function asked(random: Random): Asked {
  let found = askedOf(random, randomTree(random));
  for (let tries = random.upTo(8); tries > 0 && found.known === NOTHING; tries--)
    found = askedOf(random, randomTree(random));
  return found;
}

function askedOf(random: Random, tree: Tree): Asked {
  const { files, further, cwd, store } = tree;
  const config_name = percent(random, 80) ? 'config' : named(random, Object.keys(files));
  const question: Question = {
    kind: '',
    hydra_version: '1.3.2',
    version_base: random.of(['1.3', '1.3', '1.3', '1.3', '1.3', '1.3', '1.2', '1.1']),
    search_path: [
      { provider: 'main', files },
      ...(further === null ? [] : [{ provider: 'command-line', files: further }]),
    ],
    config_name,
    job_name: percent(random, 90) ? 'app' : random.of(['my app', 'a.b', 'x']),
    ...(Object.keys(cwd).length > 0 && { cwd_files: cwd }),
    ...(store.length > 0 && { store }),
  };
  return { question, known: knownOf(tree, config_name) };
}

const NOTHING: Known = { keys: [], choices: [] };

/** Any configuration there is can be the primary one; seldom there is none. */
const named = (random: Random, files: readonly string[]): string | null =>
  percent(random, 80)
    ? random.of(files).replace(/\.yaml$/, '')
    : random.of([null, null, 'config.yaml', 'nope', 'db']);

function knownOf({ files }: Tree, config: string | null): Known {
  const source = new MemorySource(
    'main',
    'memory',
    new Map(Object.entries(files).map(([file, text]) => [file, { kind: 'text', text, file }])),
  );
  try {
    const composed = new ConfigTree({ directory: null, sources: [source] }).compose(config);
    return { keys: keysOf(composed.value()), choices: [...composed.choices().keys()] };
  } catch (error) {
    if (error instanceof HydraError) return NOTHING;
    throw error;
  }
}

function keysOf(value: Value, prefix = ''): string[] {
  const entries = value instanceof Dict ? [...value] : isList(value) ? [...value.entries()] : [];
  return entries.flatMap(([key, inner]) => [
    `${prefix}${String(key)}`,
    ...keysOf(inner, `${prefix}${String(key)}.`),
  ]);
}

const VALUES = [
  ...words(`1 2.5 1e-3 true null x '1' [1,2] [] {a:1} {} {b:{c:1}} ??? \${a} \${b} \${nope} o0 o1 nope [o0,o1] a:b "\${lr}" {1:a} [{a:1},x]
  '\${oc.env:USER}' \${oc.select:a} {a:\${b}} [\${a}] int('3') str(1) float(1) bool('true') sort([2,1]) '\${oc.create:\${db}}' {db:o0}`),
  "'a b'",
  '',
  "''",
];

const PATHS = words(
  'a b lr n c n.a db.a model.lr c.0 p.q.a n.b.c nope db.engine.a c.0.a a.1 db model name x-y 1 true a.b.c.d c.x c.99',
);

function override(random: Random, known: Known): string {
  return oneOf(
    random,
    () => choosing(random, known),
    () => choosing(random, known),
    () => valueOverride(random, known),
    () => valueOverride(random, known),
    () => valueOverride(random, known),
    () => (percent(random, 60) ? random.of(HYDRA_OVERRIDES) : valueOverride(random, known)),
    () => (percent(random, 15) ? overrideText(random) : choosing(random, known)),
  );
}

function valueOverride(random: Random, { keys }: Known): string {
  const prefix = random.of(['', '', '', '+', '++', '~']);
  const there = keys.length > 0 && percent(random, prefix === '+' ? 30 : 80);
  const key = there ? random.of(keys) : random.of(PATHS);
  const path =
    there && percent(random, prefix === '' ? 8 : 30) ? `${key}.${random.of(['a', 'new', '0', 'lr'])}` : key;
  if (prefix === '~' && percent(random, 65)) return `~${path}`;
  return `${prefix}${path}=${percent(random, 3) ? sweptValue(random) : random.of(VALUES)}`;
}

const PACKAGES = words('_global_ _here_ p p.q model a db.engine nope');

function choosing(random: Random, { choices }: Known): string {
  const there = choices.length > 0 && percent(random, 70);
  const key = there
    ? random.of(choices)
    : `${random.of(GROUPS)}${percent(random, 15) ? `@${random.of(PACKAGES)}` : ''}`;
  const prefix = there
    ? random.of(['', '', '', '', '~', '+'])
    : percent(random, 90)
      ? '+'
      : random.of(['', '~', '++']);
  if (prefix === '~' && percent(random, 60)) return `~${key}`;
  const options = key.startsWith('hydra/')
    ? ['none', 'default', 'disabled', 'basic', 'mine']
    : ['o0', 'o1', 'o2', 'o0', 'o1', 'o2', 's0'];
  return `${prefix}${key}=${percent(random, 88) ? random.of(options) : random.of([...VALUES, 'o0,o1', '[o0]', "'o1'", 'engine/o0', 'o0.yaml'])}`;
}

function sweeping(random: Random, known: Known): string {
  const group = known.choices.filter((key) => !key.startsWith('hydra/'));
  return oneOf(
    random,
    () =>
      `${group.length > 0 ? random.of(group) : '+db'}=${random.of(['o0,o1', 'o1,o2', 'choice(o2,o0)', 'glob(*)', 'glob(o[01])', 'glob(*,exclude=o1)', 'o0', '[o0,o1],[o2]', 'o0,nope'])}`,
    () =>
      `${known.keys.length > 0 && percent(random, 80) ? random.of(known.keys) : '+new'}=${sweptValue(random)}`,
    () => `${random.of(['+', '++'])}${random.of(PATHS)}=${sweptValue(random)}`,
  );
}

const SWEEP_OVERRIDES = [
  'hydra.sweep.dir=out/${a}',
  'hydra.sweep.subdir=${hydra.job.override_dirname}',
  "hydra.sweep.subdir='${a}/${hydra.job.num}'",
  'hydra.sweep.subdir=../x/${now:%S}_${hydra.job.num}',
  'hydra.sweep.dir=/abs',
  'hydra.sweep.subdir=',
  'hydra.sweeper.max_batch_size=2',
  'hydra.sweeper.max_batch_size=0',
  'hydra.sweeper.max_batch_size=-1',
  '+hydra.sweeper.params={a:1\\,2}',
  "hydra.sweeper.params={a:'1,2',lr:3}",
  '+hydra.sweeper.params.b=5',
  'hydra.run.dir=x',
  'hydra.mode=RUN',
  'hydra.job.config.override_dirname.exclude_keys=[a,lr,db]',
  'hydra.job.config.override_dirname.kv_sep=:',
  'hydra.job.name=mine',
  'hydra.launcher=null',
  'hydra.verbose=1,2',
  'hydra/output=mine',
];

const HYDRA_OVERRIDES = [
  'hydra.job.name=z',
  'hydra.run.dir=r/${a}',
  'hydra.job.num=3',
  'hydra.job.num=x',
  'hydra.job.id=3',
  'hydra.job.chdir=on',
  'hydra.job.chdir=1.5',
  'hydra.verbose=true',
  'hydra.verbose=[a,b]',
  'hydra.nope=1',
  '+hydra.nope=1',
  '+hydra.job.env_set.X=1',
  'hydra.job.env_set.X=1',
  'hydra.job.env_set={X:1}',
  '+hydra.job.env_set={X:null}',
  'hydra.job.env_copy=[USER]',
  'hydra.job.env_copy=[NOWHERE]',
  'hydra.sweeper.params={a:1}',
  '+hydra.sweeper.params={a:1}',
  '+hydra.sweeper.params={a:null}',
  'hydra.sweeper.max_batch_size=x',
  'hydra.mode=run',
  'hydra.mode=RUN',
  'hydra.mode=2',
  'hydra.mode=null',
  'hydra/job_logging=none',
  'hydra/output=mine',
  'hydra/launcher=nope',
  'hydra/launcher=null',
  '~hydra.verbose',
  '~hydra.launcher',
  '~hydra.job.num',
  '~hydra.job_logging.root',
  'hydra.run={dir:x}',
  'hydra.run=x',
  'hydra.run.dir=null',
  'hydra.run.dir=[1]',
  'hydra.run.dir=1.5',
  'hydra.output_subdir=null',
  'hydra.job.name=null',
  'hydra.searchpath=[]',
  'hydra.searchpath=[extra]',
  "hydra.searchpath=['file://extra']",
  'hydra.searchpath=[pkg://nope]',
  'hydra.searchpath=extra',
  'hydra.searchpath=[1]',
  '+hydra.searchpath=[extra]',
  'hydra.searchpath=[nope://x]',
  'hydra.job_logging.root.level=DEBUG',
  'hydra.job_logging=null',
  'hydra.hydra_logging={a:1}',
  '+hydra.hydra_logging={a:1}',
  '~hydra/output',
  '~hydra/callbacks',
  '+hydra.callbacks.x={_target_:y}',
  'hydra.callbacks=null',
  'hydra.help.header=h',
  'hydra={verbose:1}',
  'hydra={nope:1}',
  'hydra=null',
  '~hydra',
  'hydra.sweep.subdir=1',
  'hydra.sweep.subdir=null',
  'hydra.overrides.task=[x]',
  'hydra.overrides.hydra=[hydra.verbose=1]',
  'hydra.runtime.output_dir=x',
  '+hydra.runtime.choices.x=y',
  'hydra.runtime.version=1',
  'hydra.job.override_dirname=x',
  'hydra.job.config.override_dirname.exclude_keys=[a,lr]',
  'hydra.job.config.override_dirname.exclude_keys=a',
  'hydra.job.config.override_dirname.kv_sep=null',
  'hydra.job.config_name=x',
  'hydra.launcher={a:1}',
  'hydra.launcher._target_=x',
  '+hydra.launcher.n=1',
  'hydra.env.x=1',
  '+hydra.env.x=1',
  '++hydra.job.chdir=maybe',
  'hydra.run.dir=${hydra.job.name}_${hydra:job.name}',
];
