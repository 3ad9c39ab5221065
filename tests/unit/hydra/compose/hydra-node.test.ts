import { expect, test } from 'vitest';
import { composeText, refusal, treeOf } from '../trees.js';

const select = (key: string, overrides: readonly string[], text = 'a: 1\n'): unknown =>
  composeText(text, overrides).select(key);

test.each<[string[], string, unknown]>([
  [[], 'hydra.job.name', 'app'],
  [['hydra.job.name=1.5'], 'hydra.job.name', '1.5'],
  [['hydra.job.num=7'], 'hydra.job.num', 7n],
  [["hydra.job.num='7'"], 'hydra.job.num', 7n],
  [['hydra.job.chdir=on'], 'hydra.job.chdir', true],
  [['hydra.mode=2'], 'hydra.mode', 'MULTIRUN'],
  [['hydra.output_subdir=null'], 'hydra.output_subdir', null],
  [['hydra.run.dir=${a}_${hydra.job.name}'], 'hydra.run.dir', '1_app'],
  [['a=2', '+b=3'], 'hydra.job.override_dirname', '+b=3,a=2'],
  [['a=2', 'hydra.job.config.override_dirname.kv_sep=-'], 'hydra.job.override_dirname', 'a-2'],
  [['a=2', 'hydra.verbose=true'], 'hydra.overrides.task', ['a=2']],
  [['a=2', 'hydra.verbose=true'], 'hydra.overrides.hydra', ['hydra.verbose=true']],
  [['+hydra.job.env_set.X=1'], 'hydra.job.env_set.X', '1'],
])('%j: %s', (overrides, key, value) => {
  expect(select(key, overrides)).toEqual(value);
});

test.each([
  'hydra.mode=run',
  'hydra.job.num=x',
  'hydra.job.num=1.5',
  'hydra.job.name=null',
  'hydra.run.dir=[1]',
  'hydra.job.chdir=1.5',
  'hydra.nope=1',
  'hydra.sweeper.nope=1',
  'hydra.launcher.nope=1',
  'hydra.searchpath=x',
])('%s is refused', (override) => {
  expect(refusal(() => select('a', [override])).type).toBe('ConfigCompositionException');
});

test('a file may say no more than the command line', () => {
  expect(refusal(() => select('a', [], 'hydra: {nope: 1}\n')).message).toContain(
    "there is no key 'nope' in HydraConf",
  );
});

test('hydra.searchpath is the primary configuration’s alone to say', () => {
  const files = {
    'config.yaml': 'defaults: [sub: x]\n',
    'sub/x.yaml': '# @package _global_\nhydra: {searchpath: [y]}\n',
  };
  expect(refusal(() => treeOf(files).compose('config')).message).toContain(
    'only supported from the primary config',
  );
});

test('a directory of the search path that is not there is a warning', () => {
  const composed = composeText('hydra: {searchpath: [/nowhere/at/all]}\n');
  expect(composed.warnings).toContainEqual(expect.stringContaining('/nowhere/at/all is not available'));
});
