import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type LayoutValues,
  ownDirectoryPath,
  runDirectoryPath,
  sweepDirectoryPath,
} from '../../../src/daemon/rundir/layout.js';
import { readLayouts } from '../../../src/daemon/rundir/layouts.js';
import { CONF } from './fixture.js';

const values: LayoutValues = {
  now: new Date(2026, 0, 31, 9, 5, 7).getTime(),
  name: 'train',
  job: '',
  attempt: '2',
  run_id: '7',
  ulid: '01J0',
  git: '',
  experiment_id: 'train-7',
  sweep: '',
};

let settings: string;
beforeEach(() => {
  settings = mkdtempSync(join(tmpdir(), 'expd-layout-'));
  mkdirSync(join(settings, 'layout'));
});
afterEach(() => rmSync(settings, { recursive: true, force: true }));

const layout = (text: string) => {
  writeFileSync(join(settings, 'layout/mine.yaml'), text);
  return readLayouts(CONF, [settings]).named('mine');
};

const withRunDir = (dir: string) => layout(`defaults: [flat, _self_]\nrun:\n  dir: ${dir}\n`);

const path = (dir: string, changed: Partial<LayoutValues> = {}): string =>
  runDirectoryPath(withRunDir(dir), '/p', { ...values, ...changed });

test('the shipped layouts', () => {
  const layouts = readLayouts(CONF, [join(settings, 'missing')]);
  const shown = layouts.names
    .map(layouts.named)
    .map((one) => [
      one.name,
      one.per,
      runDirectoryPath(one, '/p', values),
      runDirectoryPath(one, '/p', { ...values, job: '3' }),
      sweepDirectoryPath(one, '/p', values),
    ]);
  expect(shown).toEqual([
    [
      'flat',
      'run',
      '/p/outputs/runs/run_20260131-090507_train',
      '/p/outputs/runs/run_20260131-090507_train_job3',
      '/p/outputs/multiruns/exp_20260131-090507_train',
    ],
    [
      'hybrid',
      'attempt',
      '/p/outputs/hydra/2026-01-31/09-05-07',
      '/p/outputs/hydra/2026-01-31/09-05-07',
      '/p/outputs/multiruns/exp_20260131-090507_train',
    ],
  ]);
  expect(() => layouts.named('hibrid')).toThrow('no layout "hibrid"');
});

test('one of one’s own may begin with another, and replaces one of the same name', () => {
  const mine = layout('defaults: [flat]\njob:\n  dir: jobs/${sweep}/${job}-${attempt}\nper: attempt\n');
  expect(mine.per).toBe('attempt');
  expect(runDirectoryPath(mine, '/p', { ...values, job: '3', sweep: 's4' })).toBe('/p/jobs/s4/3-2');
  expect(runDirectoryPath(mine, '/p', values)).toBe('/p/outputs/runs/run_20260131-090507_train');
  writeFileSync(
    join(settings, 'layout/flat.yaml'),
    'run: {dir: "r/${name}"}\njob: {dir: "j/${job}"}\nsweep: {dir: "s/${sweep}"}\nper: run\n',
  );
  const layouts = readLayouts(CONF, [settings]);
  expect(runDirectoryPath(layouts.named('flat'), '/p', values)).toBe('/p/r/train');
});

test.each<[dir: string, changed: Partial<LayoutValues>, expected: string]>([
  ['runs/${now:%Y/%m}', {}, '/p/runs/2026/01'],
  ['/scratch/${name}/${run_id}', {}, '/scratch/train/7'],
  ['runs/${ulid}@${git}', { git: 'abc' }, '/p/runs/01J0@abc'],
  // A value never leaves its component, whatever it holds.
  ['runs/${name}', { name: '../../etc' }, '/p/runs/.._.._etc'],
  ['runs/${name}', { name: '..' }, '/p/runs/__'],
  ['runs/${name}', { name: 'größe' }, '/p/runs/größe'],
  ['runs/${name}', { name: '${ulid}' }, '/p/runs/_{ulid}'],
])('%s %o', (dir, changed, expected) => {
  expect(path(dir, changed)).toBe(expected);
});

test('a component stays below NAME_MAX with room for a suffix, and is cut between characters', () => {
  expect(path('r/${name}', { name: 'x'.repeat(200) })).toBe(`/p/r/${'x'.repeat(200)}`);
  const long = path('r/${name}', { name: '😀'.repeat(100) });
  expect(long).toBe(`/p/r/${'😀'.repeat(60)}`);
});

test('a directory of a project’s own leaves the time open', () => {
  expect(ownDirectoryPath('/p/logs/${now:%Y-%m-%d}/x_${now:%H}', values.now)).toBe('/p/logs/2026-01-31/x_09');
});

describe('refused', () => {
  test.each([
    ['runs/${nmae}', /layout mine: run\.dir: .*nmae/],
    ['runs/${name', /layout mine: /],
    ['"../${name}"', /layout mine: run\.dir must not have/],
    ['runs/./${name}', /layout mine: run\.dir must not have/],
    ['runs', /layout mine: run\.dir names nothing/],
    ['${oc.env:HOME}/${name}', /layout mine: run\.dir: .*HOME/],
  ])('%s', (dir, message) => {
    expect(() => withRunDir(dir)).toThrow(message);
  });

  test.each([
    ['per: run\n', /layout mine: run\.dir: there is no/],
    ['defaults: [flat]\nper: never\n', /layout mine: needs/],
    ['defaults: [flt]\n', /layout mine: .*flt/],
    ['[]', /layout mine: /],
    ['a: [', /layout mine: /],
  ])('%j', (text, message) => {
    expect(() => layout(text)).toThrow(message);
    // Before anybody asks for it.
    expect(() => readLayouts(CONF, [settings])).toThrow(message);
  });
});
