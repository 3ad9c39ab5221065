import { describe, expect, test } from 'vitest';
import {
  checkLayout,
  type Layout,
  type LayoutValues,
  runDirectoryPath,
} from '../../../src/daemon/rundir/layout.js';
import { layoutNamed, readLayouts } from '../../../src/daemon/rundir/layouts.js';
import { CONF } from './fixture.js';

const values: LayoutValues = {
  now: new Date(2026, 0, 31, 9, 5, 7),
  name: 'train',
  job: '',
  attempt: '2',
  run_id: '7',
  ulid: '01J0',
  git: '',
  experiment_id: 'train-7',
  sweep: '',
};
const path = (runDir: string, changed: Partial<LayoutValues> = {}): string =>
  runDirectoryPath({ name: 'x', runDir, per: 'run' }, '/p', { ...values, ...changed });

test('the shipped layouts', async () => {
  const layouts = await readLayouts([CONF]);
  const shown = [...layouts.values()].map((layout) => [
    layout.name,
    layout.per,
    runDirectoryPath(layout, '/p', values),
  ]);
  expect(shown.sort()).toEqual([
    ['flat', 'run', '/p/outputs/runs/run_20260131-090507_train'],
    ['hybrid', 'attempt', '/p/outputs/hydra/2026-01-31/09-05-07'],
  ]);
  expect(runDirectoryPath(layouts.get('flat')!, '/p', { ...values, job: '3' })).toMatch(/_train_job3$/);
  expect(() => layoutNamed(layouts, 'hibrid')).toThrow('no layout "hibrid"');
});

test.each<[template: string, changed: Partial<LayoutValues>, expected: string]>([
  ['runs/{now}', {}, '/p/runs/20260131-090507'],
  ['/scratch/{name}/{run_id}', {}, '/scratch/train/7'],
  ['runs/{name}[@{git}]', {}, '/p/runs/train'],
  ['runs/{name}[@{git}]', { git: 'abc' }, '/p/runs/train@abc'],
  ['runs/{name}[_{sweep}_{job}]', { sweep: 's4' }, '/p/runs/train'],
  // A value never leaves its component, whatever it holds.
  ['runs/{name}', { name: '../../etc' }, '/p/runs/.._.._etc'],
  ['runs/{name}', { name: '..' }, '/p/runs/__'],
  ['runs/{name}', { name: 'größe' }, '/p/runs/größe'],
  ['runs/{name}', { name: '{ulid}[x]' }, '/p/runs/{ulid}[x]'],
])('%s %o', (template, changed, expected) => {
  expect(path(template, changed)).toBe(expected);
});

test('a component stays below NAME_MAX with room for a suffix, and is cut between characters', () => {
  expect(path('r/{name}', { name: 'x'.repeat(200) })).toBe(`/p/r/${'x'.repeat(200)}`);
  const long = path('r/{name}', { name: '😀'.repeat(100) });
  expect(long).toBe(`/p/r/${'😀'.repeat(60)}`);
});

describe('refused templates', () => {
  test.each(['runs/{nmae}', 'runs/{name', 'runs/[{name}', '../{name}', 'runs/./{name}', 'runs'])(
    '%s',
    (runDir) => {
      const layout: Layout = { name: 'mine', runDir, per: 'run' };
      expect(() => checkLayout(layout)).toThrow('layout mine');
    },
  );
});
