import { expect, test } from 'vitest';
import { sweepOverrides } from '../../../src/hydra/hydra.js';
import { refusal, treeOf } from './trees.js';

const FILES = {
  'config.yaml':
    'defaults:\n- model: a\n- _self_\nlr: 1\nhydra: {sweep: {dir: s, subdir: "${hydra.job.num}_${lr}"}}\n',
  'model/a.yaml': 'width: 1\n',
  'model/b.yaml': 'width: 2\n',
  'grid.yaml': 'defaults: [config]\nhydra: {sweeper: {params: {lr: "1,2", +new: "choice(x)"}}}\n',
};

const jobs = (words: readonly string[], config = 'config'): string[] => {
  const sweep = treeOf(FILES).multirun(config, words);
  return Array.from({ length: sweep.jobs }, (_, number) => sweep.overrides(number).join(' '));
};

test.each<[string[], string[]]>([
  [[], ['']],
  [['lr=2'], ['lr=2']],
  [['lr=1e-3,2'], ['lr=0.001', 'lr=2']],
  [
    ['model=a,b', 'lr=1,2'],
    ['model=a lr=1', 'model=a lr=2', 'model=b lr=1', 'model=b lr=2'],
  ],
  [
    ['lr=range(3)', '+x=a b'],
    ['lr=0 +x=a\\ b', 'lr=1 +x=a\\ b', 'lr=2 +x=a\\ b'],
  ],
  [['model=glob(*)'], ['model=a', 'model=b']],
  [['model=glob(*,exclude=a)'], ['model=b']],
  [['lr=\'1,2\',"x"'], ["lr='1,2'", 'lr="x"']],
  [['~lr'], ['~lr=null']],
  // What comes later replaces the values but not the place.
  [['lr=1,2', 'model=b', 'lr=3'], ['lr=3 model=b']],
  [['lr=sort(3,1,2)'], ['lr=1', 'lr=2', 'lr=3']],
])('%j', (words, expected) => {
  expect(jobs(words)).toEqual(expected);
});

test('params of the sweeper come first; the command line replaces them', () => {
  expect(jobs([], 'grid')).toEqual(['lr=1 +new=x', 'lr=2 +new=x']);
  expect(jobs(['lr=5'], 'grid')).toEqual(['lr=5 +new=x']);
  expect(jobs(['model=b'], 'grid')).toEqual(['lr=1 +new=x model=b', 'lr=2 +new=x model=b']);
});

test('overrides that a file lists come before those of the command line', () => {
  const text = 'a: 1\nb: 2\nhydra: {overrides: {task: ["a=3,4"], hydra: [hydra.job.name=mine]}}\n';
  const sweep = treeOf({ 'config.yaml': text }).multirun('config', ['b=5']);
  expect([sweep.overrides(0), sweep.overrides(1)]).toEqual([
    ['a=3', 'b=5'],
    ['a=4', 'b=5'],
  ]);
  expect(sweep.job(1).select('hydra.job.name')).toBe('mine');
});

test('batches', () => {
  const sizes = (size: string): readonly number[] =>
    treeOf(FILES).multirun('config', ['lr=range(5)', `hydra.sweeper.max_batch_size=${size}`]).batches;
  expect(sizes('null')).toEqual([5]);
  expect(sizes('2')).toEqual([2, 2, 1]);
  expect(sizes('9')).toEqual([5]);
  for (const size of ['0', '-1']) expect(refusal(() => sizes(size)).message).toContain('must be positive');
});

test('each job has its own number, configuration and directory', () => {
  const sweep = treeOf(FILES).multirun('config', ['model=a,b', 'lr=3']);
  const job = sweep.job(1);
  expect(job.yaml()).toBe('model:\n  width: 2\nlr: 3\n');
  expect(job.select('hydra.job.num')).toBe(1n);
  expect(job.select('hydra.job.id')).toBe('1');
  expect(job.select('hydra.job.override_dirname')).toBe('lr=3,model=b');
  expect(job.select('hydra.sweep.subdir')).toBe('1_3');
});

test('what a sweep cannot be', () => {
  const refused = (words: readonly string[]) => refusal(() => jobs(words));
  expect(refused(['lr=interval(0,1)']).type).toBe('HydraException');
  expect(refused(['hydra.verbose=a,b']).message).toContain("Sweeping over Hydra's configuration");
  expect(refused(['lr=range(10000000)']).type).toBe('LimitError');
  expect(refused(['lr=range(0,1,0)']).type).toBe('ValueError');
  const bad = treeOf(FILES).multirun('config', ['model=a,c']);
  expect(refusal(() => bad.job(1)).type).toBe('MissingConfigException');
});

test('overrides expand without a configuration', () => {
  const sweep = sweepOverrides(['a=1,2', 'b=x', 'hydra.verbose=true', 'c=range(2)']);
  expect(sweep.jobs).toBe(4);
  expect(sweep.overrides(3)).toEqual(['a=2', 'b=x', 'c=1']);
});
