import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Candidate } from '../../../src/daemon/checkpoints/candidate.js';
import {
  keptWhy,
  parseRetention,
  type Retention,
  type Standing,
} from '../../../src/daemon/checkpoints/retention.js';
import { inspecting } from '../../helpers/inspecting.js';
import { put } from './files.js';

const inspect = inspecting();
const at = (step: number): string => `/run/checkpoints/step-${step}`;

function candidate(step: number, changes: Partial<Candidate> = {}): Candidate {
  return {
    path: at(step),
    of: { attempt: 1, runDir: '/run', below: `checkpoints/step-${step}` },
    ...{ preset: 'plain', kind: 'directory', step, bytes: step, writtenAt: step, best: false, told: false },
    ...{ metrics: { loss: 1 / step }, missing: null, ...changes },
  };
}

const steps = [100, 200, 300, 400, 500];

/** Steps of those that may go. */
function removed(
  rules: Partial<Retention> | null,
  standing: Partial<Standing> = {},
  candidates: readonly Candidate[] = steps.map((step) => candidate(step)),
): (number | null)[] {
  const all: Retention = { last: 0, best: 0, every: 0, foreign: false };
  const why = keptWhy(candidates, rules === null ? null : { ...all, ...rules }, {
    metric: { name: 'loss', mode: 'max' },
    line: new Set(candidates.map(({ path }) => path)),
    whole: new Set(candidates.map(({ path }) => path)),
    base: null,
    damaged: new Set(),
    pinned: new Set(),
    inUse: new Set(),
    neededBy: () => null,
    ...standing,
  });
  return [...why].filter(([, reasons]) => reasons.length === 0).map(([{ step }]) => step);
}

describe('what may go', () => {
  test('nothing, as long as nobody said so', () => expect(removed(null)).toEqual([]));
  test('last', () => expect(removed({ last: 2 })).toEqual([300, 200, 100]));
  test('best, alone and never without the newest', () =>
    expect(removed({ best: 1 })).toEqual([400, 300, 200]));
  test('every', () => expect(removed({ every: 200 })).toEqual([300, 100]));
  test('all rules together', () => expect(removed({ last: 1, best: 1, every: 300 })).toEqual([400, 200]));
  test('never what is pinned, in use, or needed by another run', () =>
    expect(
      removed(
        { last: 1 },
        {
          pinned: new Set([at(100)]),
          inUse: new Set([at(200)]),
          neededBy: (path) => (path === at(300) ? 9 : null),
        },
      ),
    ).toEqual([400]));
  test('never the newest that is whole, nor what is newer', () =>
    expect(removed({ last: 1 }, { whole: new Set([at(200), at(100)]) })).toEqual([100]));
  test('older lines before the newest, whatever their steps', () => {
    const line = new Set([at(100), at(200)]);
    expect(removed({ last: 2 }, { line })).toEqual([500, 400, 300]);
    expect(removed({ last: 2 }, { line, whole: new Set([at(500)]) })).toEqual([400, 300]);
  });
  test('what is damaged counts for nothing, and is not kept beyond the newest that is whole', () => {
    const damage = (...found: number[]): Partial<Standing> => ({
      damaged: new Set(found.map(at)),
      whole: new Set(steps.filter((step) => !found.includes(step)).map(at)),
    });
    expect(removed({ last: 2 }, damage(500, 400))).toEqual([100]);
    expect(removed({ last: 1, best: 1 }, damage(100))).toEqual([400, 300, 100]);
    expect(removed({ every: 200 }, damage(200))).toEqual([300, 200, 100]);
  });
  test('never what a new line goes on from, until it has one of its own', () => {
    const none = { line: new Set<string>() };
    expect(removed({ last: 1 }, { ...none, base: '200' })).toEqual([400, 300, 100]);
    expect(removed({ last: 1 }, { ...none, base: at(200) })).toEqual([400, 300, 100]);
    const lowest = { ...none, base: 'best', metric: { name: 'loss', mode: 'max' } } as const;
    expect(removed({ last: 1 }, lowest)).toEqual([400, 300, 200]);
    expect(removed({ last: 1 }, { line: new Set([at(400)]), base: '200' })).toEqual([500, 300, 200, 100]);
  });
  test('nothing while none is known to be whole', () =>
    expect(removed({ last: 1 }, { whole: new Set() })).toEqual([]));
  test('nothing of other stacks unless told', () => {
    const foreign = steps.map((step) => candidate(step, { preset: 'hf' }));
    expect(removed({ last: 1 }, {}, foreign)).toEqual([]);
    expect(removed({ last: 1, foreign: true }, {}, foreign)).toEqual([400, 300, 200, 100]);
  });
  test('what is not complete is nobody’s to judge', () => {
    const torn = [candidate(100, { missing: 'it has no MANIFEST.json' }), candidate(200)];
    expect(removed({ last: 1 }, {}, torn)).toEqual([]);
  });
});

test('the setting', () => {
  expect(parseRetention('off')).toBeNull();
  expect(parseRetention('last 2, best 1, every 1000')).toEqual({
    last: 2,
    best: 1,
    every: 1000,
    foreign: false,
  });
  expect(parseRetention('best 1,foreign')).toEqual({ last: 0, best: 1, every: 0, foreign: true });
  for (const bad of ['', 'on', 'last', 'last 0', 'last -1', 'foreign', 'last 2 best 1'])
    expect(() => parseRetention(bad)).toThrow(/neither off|keeps nothing/);
});

test('removed: renamed first, so that what a crash leaves is no checkpoint; leftovers go with the next', async () => {
  const root = mkdtempSync(join(tmpdir(), 'expd-retention-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const names = ['step-00000001', 'step-00000002', 'step-00000003'];
  for (const name of names) put(join(root, name), { w: 'x' });
  renameSync(join(root, names[0]!), join(root, `.trash-${names[0]}`));
  const gone = await inspect('discard', { paths: [join(root, names[1]!), join(root, 'step-00000009')] });
  expect(gone).toEqual([join(root, names[1]!), join(root, 'step-00000009')]);
  expect(readdirSync(root)).toEqual([names[2]]);
});
