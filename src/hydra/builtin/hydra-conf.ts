import { ANY, type Field, type Struct } from '../config/field.js';
import { Dict, type Value } from '../value.js';

// The hydra node: field by field as Hydra 1.3 declares it. https://hydra.cc/docs/1.3/configure_hydra/intro

export const text: Field = { kind: 'str', optional: false };
export const optional = (kind: 'str' | 'int' | 'float' | 'bool'): Field => ({ kind, optional: true });
export const integer: Field = { kind: 'int', optional: false };
export const float: Field = { kind: 'float', optional: false };
export const bool: Field = { kind: 'bool', optional: false };
export const dictOf = (element: Field, isOptional = false): Field => ({
  kind: 'dict',
  element,
  optional: isOptional,
});
export const listOf = (element: Field, isOptional = false): Field => ({
  kind: 'list',
  element,
  optional: isOptional,
});
export const structOf = (struct: Struct): Field => ({ kind: 'struct', struct, optional: false });

type Fields = Readonly<Record<string, readonly [Field, Value?]>>;

/** A dataclass; a field without a default is '???', a nested dataclass is as it is by default. */
export function struct(name: string, fields: Fields): Struct {
  const entries = Object.entries(fields).map(([key, [field, value]]) => {
    const standard = field.kind === 'struct' ? new Dict<Value>() : '???';
    return [key, { field, default: value === undefined ? standard : value }] as const;
  });
  return { name, fields: Object.fromEntries(entries) };
}

const overrideDirname = struct('OverrideDirname', {
  kv_sep: [text, '='],
  item_sep: [text, ','],
  exclude_keys: [listOf(text), []],
});

const job = struct('JobConf', {
  name: [text],
  chdir: [optional('bool'), null],
  override_dirname: [text],
  id: [text],
  num: [integer],
  config_name: [optional('str')],
  env_set: [dictOf(text), new Dict()],
  env_copy: [listOf(text), []],
  config: [structOf(struct('JobConfig', { override_dirname: [structOf(overrideDirname)] }))],
});

const configSource = struct('ConfigSourceInfo', { path: [text], schema: [text], provider: [text] });

const runtime = struct('RuntimeConf', {
  version: [text],
  version_base: [text],
  cwd: [text],
  config_sources: [listOf(structOf(configSource))],
  output_dir: [text],
  choices: [dictOf(ANY), new Dict()],
});

export const hydraConf = struct('HydraConf', {
  mode: [{ kind: 'enum', members: ['RUN', 'MULTIRUN'], optional: true }, null],
  searchpath: [listOf(text), []],
  run: [structOf(struct('RunDir', { dir: [text] }))],
  sweep: [structOf(struct('SweepDir', { dir: [text], subdir: [text] }))],
  hydra_logging: [dictOf(ANY)],
  job_logging: [dictOf(ANY)],
  sweeper: [ANY],
  launcher: [ANY],
  callbacks: [dictOf(ANY), new Dict()],
  help: [
    structOf(struct('HelpConf', { app_name: [text], header: [text], footer: [text], template: [text] })),
  ],
  hydra_help: [structOf(struct('HydraHelpConf', { hydra_help: [text], template: [text] }))],
  output_subdir: [optional('str'), '.hydra'],
  overrides: [structOf(struct('OverridesConf', { hydra: [listOf(text), []], task: [listOf(text), []] }))],
  job: [structOf(job)],
  runtime: [structOf(runtime)],
  verbose: [ANY, false],
});

/** What the hydra node is composed of. */
export const hydraDefaults: Value = [
  ['output', 'default'],
  ['launcher', 'basic'],
  ['sweeper', 'basic'],
  ['help', 'default'],
  ['hydra_help', 'default'],
  ['hydra_logging', 'default'],
  ['job_logging', 'default'],
  ['callbacks', null],
  ['env', 'default'],
].map(([group, option]) => Dict.from<Value>([[group ?? '', option ?? null]]));

export const basicLauncher = struct('BasicLauncherConf', {
  _target_: [text, 'hydra._internal.core_plugins.basic_launcher.BasicLauncher'],
});

export const basicSweeper = struct('BasicSweeperConf', {
  _target_: [text, 'hydra._internal.core_plugins.basic_sweeper.BasicSweeper'],
  max_batch_size: [optional('int'), null],
  params: [dictOf(text, true), null],
});
