import { expect, test } from 'vitest';
import { type Lookup, parseSelector, select, selectOne } from '../../../src/daemon/api/select.js';
import { UserError } from '../../../src/daemon/errors.js';
import type { Sweep } from '../../../src/daemon/run/sweep.js';
import type { StoredRun } from '../../../src/daemon/store/stored.js';

/**
 * Runs 1..9 and 20 exist; 3, 5 and 20 are named train, the others r<id>. Of sweep 4 runs 6, 7 and 9 are left: its
 * jobs 0, 1 and 3.
 */
const JOBS: readonly (readonly [number: number, id: number])[] = [
  [0, 6],
  [1, 7],
  [3, 9],
];
const runs = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20].map(
  (id) => ({ id, name: [3, 5, 20].includes(id) ? 'train' : `r${id}` }) as StoredRun,
);
const newestFirst = runs.toReversed();
const lookup: Lookup = {
  run: (id) => runs.find((run) => run.id === id) ?? null,
  newest: (back = 0) => newestFirst[back] ?? null,
  named: (name, limit) =>
    newestFirst
      .filter((run) => run.name === name)
      .map(({ id }) => id)
      .slice(0, limit),
  sweep: (id) => (id === 4 ? ({ id } as Sweep) : null),
  jobs: (sweep, from, to) =>
    JOBS.filter(([number]) => sweep === 4 && number >= from && number <= to).map(([, id]) => id),
  // Pages of two: a range must read on.
  page: ({ beforeId = Infinity, limit }) => {
    const below = newestFirst.filter(({ id }) => id < beforeId);
    const page = below.slice(0, Math.min(2, limit));
    return { runs: page, sweeps: [], nextBeforeId: below.length > page.length ? page.at(-1)!.id : null };
  },
};

const ids = async (...words: string[]) =>
  (await select(words, lookup)).map((one) =>
    'run' in one ? one.run.id : `${one.error.code}: ${one.error.message}`,
  );

test.each([
  [['7'], [7]],
  [['3,5-8'], [3, 5, 6, 7, 8]],
  [['8-30'], [8, 9, 20]],
  [['1-9'], [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  [['@'], [20]],
  [['@~1'], [9]],
  [['train'], [20]],
  [['r7'], [7]],
  [
    ['7', '7', '6-8', 'r7'],
    [7, 6, 8],
  ],
  [[' 3 , 4 '], [3, 4]],
  [['s4'], [6, 7, 9]],
  [['s4.1'], [7]],
  [['s4.1-9'], [7, 9]],
  [
    ['3,s4.0', 's4', 's4'],
    [3, 6, 7, 9],
  ],
  [['s5'], ['not_found: there is no sweep s5']],
  [['s5.0-2'], ['not_found: there is no sweep s5']],
  [['s4.2'], ['not_found: sweep s4 has no job 2']],
  [['s4.4-8'], ['not_found: there is no job from s4.4 to s4.8']],
  [
    ['7', '11'],
    [7, 'not_found: there is no run 11'],
  ],
  [['11', '11'], ['not_found: there is no run 11']],
  [['11-19'], ['not_found: there is no run from 11 to 19']],
  [['@~99'], ['not_found: there is no run @~99']],
  [['nobody'], ['not_found: there is no run named "nobody"']],
])('%j names %j', async (words, expected) => {
  expect(await ids(...words)).toEqual(expected);
});

test.each([
  '',
  ',',
  '3,,4',
  '9-5',
  's4.5-2',
  '@~',
  '@~x',
  '@-1',
  '-1',
  '3;4',
  'a b',
  'é',
  '\u0000',
  `${'9'.repeat(20)}`,
])('%j names nothing', async (word) => {
  await expect(select([word], lookup)).rejects.toMatchObject({ code: 'usage' });
});

test('what cannot be undone needs a name that is one run only', async () => {
  const [one] = await select(['train'], lookup, { destructive: true });
  expect(one).toMatchObject({
    error: {
      code: 'ambiguous',
      message: 'several runs are named "train": 20, 5, 3',
      hint: 'name one by its id, the newest is 20',
    },
  });
  expect(await select(['r7'], lookup, { destructive: true })).toMatchObject([{ run: { id: 7 } }]);
});

test('one run is one run', () => {
  expect(selectOne('7', lookup).id).toBe(7);
  expect(() => selectOne('7-8', lookup)).toThrow(/names several runs/);
  expect(() => selectOne('11', lookup)).toThrow(UserError);
  expect(selectOne('s4.3', lookup).id).toBe(9);
  expect(() => selectOne('s4.0-1', lookup)).toThrow(/names several runs/);
  expect(() => selectOne('s4', lookup)).toThrow(/s4 is a sweep, one of its jobs is needed/);
});

test('who named a job itself means it, beside its whole sweep too', async () => {
  const marks = async (...words: string[]) =>
    (await select(words, lookup)).map((one) => 'run' in one && [one.run.id, one.whole]);
  expect(await marks('s4')).toEqual([
    [6, 4],
    [7, 4],
    [9, 4],
  ]);
  const both = [
    [6, 4],
    [7, undefined],
    [9, 4],
  ];
  expect(await marks('s4', '7')).toEqual(both);
  expect((await marks('s4.1', 's4')).toSorted()).toEqual(both);
});

test('a range is bounded, and many are, too', async () => {
  const many = {
    ...lookup,
    page: ({ beforeId = 0, limit }: { beforeId?: number; limit: number }) => ({
      runs: Array.from({ length: limit }, (_, n) => ({ ...runs[0]!, id: beforeId - 1 - n })),
      sweeps: [],
      nextBeforeId: beforeId - limit,
    }),
  };
  await expect(select(['1-999999999999999'], many)).rejects.toThrow(/more than 10000 runs/);
  await expect(select(Array(2000).fill('1-9'), lookup)).rejects.toThrow(/more than 10000 runs/);
  await expect(select(['1,'.repeat(20_000).concat('1')], lookup)).rejects.toThrow(/more than 10000 runs/);
});

test('a name that looks like an id, a range or the newest is that', () => {
  expect(parseSelector('5-9').by).toBe('range');
  expect(parseSelector('5').by).toBe('id');
  expect(parseSelector('5-9-x').by).toBe('name');
  expect(['s4', 's4.2', 's4.2-5', 's4.x'].map((word) => parseSelector(word).by)).toEqual([
    'sweep',
    'jobs',
    'jobs',
    'name',
  ]);
});
