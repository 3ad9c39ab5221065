import { expect, test } from 'vitest';
import { type HydraFlags, readFlags, writeFlags } from '../../../src/program/flags.js';

const READ: [words: string[], flags: Partial<HydraFlags>][] = [
  [[], { overrides: [], multirun: false, cfg: null }],
  [['lr=1', '+a=b', '~c', 'x y'], { overrides: ['lr=1', '+a=b', '~c', 'x y'] }],
  [['-m', 'lr=1,2'], { multirun: true, overrides: ['lr=1,2'] }],
  [['lr=1,2', '--multirun'], { multirun: true, overrides: ['lr=1,2'] }],
  [['--multi', '-r'], { multirun: true, run: true }],
  [['-mr', '-mcjob'], { multirun: true, run: true, cfg: 'job' }],
  [['-cp', 'a', '-cn=b', '--config-dir', 'c'], { configPath: 'a', configName: 'b', configDir: 'c' }],
  [['--config-p=a', '--config-n', 'b=c'], { configPath: 'a', configName: 'b=c' }],
  [['-cn', 'a', '-cn', 'b'], { configName: 'b' }],
  [['-cjob', '-p', 'a.b', '--resolve'], { cfg: 'job', package: 'a.b', resolve: true }],
  [['--cfg', 'all', '-pa.b'], { cfg: 'all', package: 'a.b' }],
  [['-i', 'defaults-tree'], { info: 'defaults-tree' }],
  [['--info', '-m'], { info: 'all', multirun: true }],
  [['-h', '--hydra-h', '-sc'], { help: true, hydraHelp: true, shellCompletion: true }],
  [['--experimental-rerun', 'x.pickle'], { experimentalRerun: 'x.pickle' }],
  [['-1', '-.5', '-x y'], { overrides: ['-1', '-.5', '-x y'] }],
  [['-m', '--', '-x', '--', '--multirun'], { multirun: true, overrides: ['-x', '--', '--multirun'] }],
];

test.each(READ)('%j', (words, flags) => {
  const read = readFlags(words);
  expect(read).toMatchObject({ kind: 'flags', flags });
  if (read.kind === 'flags') expect(readFlags(writeFlags(read.flags))).toEqual(read);
});

const REFUSED: [words: string[], why: string][] = [
  [['a=1', '-m', 'b=2', 'c=3'], 'b=2 c=3 stands apart from a=1: Hydra takes its overrides in one row'],
  [['--lr', '3'], 'Hydra has no option --lr'],
  [['-x'], 'Hydra has no option -x'],
  [['--config', 'a'], '--config could be --config-path or --config-name or --config-dir'],
  [['-cn'], '-cn needs a value'],
  [['--package', '-m'], '--package needs a value'],
  [['-cnx'], '-c takes one of job, hydra, all, not "nx"'],
  [
    ['--info', 'lr=1'],
    '--info takes one of all, config, defaults, defaults-tree, plugins, searchpath, not "lr=1"',
  ],
  [['--multirun=yes'], '--multirun takes no value'],
  [['-m=r'], '-m takes no value'],
  [['-mx'], '-m takes no value'],
];

test.each(REFUSED)('%j is refused', (words, why) => {
  expect(readFlags(words)).toEqual({ kind: 'refused', why });
});

test('the version is told at once, unless an option is ambiguous', () => {
  expect(readFlags(['a=1', '--version', 'b=2', '--cfg', 'x'])).toEqual({ kind: 'version' });
  expect(readFlags(['--vers', '--config', 'x'])).toMatchObject({ kind: 'refused' });
});
