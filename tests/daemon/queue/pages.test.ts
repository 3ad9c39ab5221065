import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PageQuery } from '../../../src/daemon/store/pages.js';
import type { StoredRun } from '../../../src/daemon/store/stored.js';
import { randomlyAsync } from '../../helpers/random.js';
import { claimOf, endOf, failure, jobsOf, Store, success, transitionOf } from '../../helpers/store.js';

const DAY = 24 * 3600_000;
let store: Store;
let all: StoredRun[];

/** 2,400 runs of many kinds over three days, more than one page looks at. */
beforeAll(async () => {
  store = await Store.open();
  await store.ok({ do: 'setGroup', name: 'gpu', limit: 0 });
  const ids: number[] = [];
  for (let i = 0; i < 24; i++) {
    store.clock.time += DAY / 8;
    const some = Array.from({ length: 100 }, (_, k) =>
      store.submit({
        name: k % 50 === 7 ? 'rare' : 'train',
        tags: [...(k % 3 === 0 ? ['third'] : []), ...(k % 40 === 1 ? ['few'] : [])],
        group: k % 5 === 0 ? 'gpu' : 'default',
      }),
    );
    ids.push(...(await Promise.all(some)));
  }
  await Promise.all(
    ids
      .filter((id) => id % 4 !== 0)
      .flatMap((id) => [
        store.ok(claimOf(id, 1)),
        store.ok(transitionOf(id, { kind: 'spawned' })),
        ...(id % 4 === 3 ? [] : [store.ok(endOf(id, 1, id % 4 === 1 ? success : failure))]),
      ]),
  );
  all = store.reader.runs(ids).reverse();
});
afterAll(() => store.close());

/** All pages of a query, one after the other. */
function paged(query: Omit<PageQuery, 'beforeId'>): { ids: number[]; calls: number } {
  const ids: number[] = [];
  let beforeId: number | null = Number.MAX_SAFE_INTEGER;
  let calls = 0;
  do {
    const page = store.reader.page({ ...query, beforeId });
    expect(page.runs.length).toBeLessThanOrEqual(query.limit);
    ids.push(...page.runs.map(({ id }) => id));
    beforeId = page.nextBeforeId;
    calls++;
    expect(calls).toBeLessThan(1000);
  } while (beforeId !== null);
  return { ids, calls };
}

const expected = (query: PageQuery): number[] =>
  all
    .filter(
      (run) =>
        (!query.ids || query.ids.includes(run.id)) &&
        (!query.states || query.states.includes(run.state)) &&
        (!query.tags || query.tags.some((tag) => run.tags.includes(tag))) &&
        (query.name === undefined || run.name === query.name) &&
        (query.group === undefined || run.group === query.group) &&
        (query.sinceMs === undefined || run.submittedAt >= query.sinceMs),
    )
    .map(({ id }) => id);

test('pages of any filter are, together, what fits it, the newest first', async () => {
  await randomlyAsync(60, async (random) => {
    const sometimes = <T>(value: T): T | undefined => (random.upTo(1) === 0 ? value : undefined);
    const filters = {
      ids: random.upTo(4) === 0 ? Array.from({ length: 50 }, () => random.upTo(2600)) : undefined,
      states: sometimes(
        random.of([['queued'], ['failed'], ['running', 'failed'], ['queued', 'running']] as const),
      ),
      tags: sometimes(random.of([['third'], ['few'], ['few', 'third']])),
      name: sometimes(random.of(['rare', 'train', 'nobody'])),
      group: sometimes(random.of(['gpu', 'default'])),
      sinceMs: sometimes(store.clock.time - random.upTo(3 * DAY)),
    };
    const query = {
      ...Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)),
      limit: random.of([7, 50, 97, 1000]),
    };
    expect(paged(query).ids).toEqual(expected(query));
  });
});

test('a filter that fits few looks at a bounded number of runs a call', () => {
  const few = paged({ states: ['failed'], tags: ['few'], limit: 1000 });
  expect(few.ids.length).toBeGreaterThan(0);
  expect(few.calls).toBe(1);
  const none = paged({ name: 'train', states: ['cancelled'], limit: 10 });
  expect(none.ids).toEqual([]);
  expect(none.calls).toBe(3);
});

test('recent: active, queued, or ended in the last 24 hours, 50 of each state and how many more', () => {
  const now = store.clock.time;
  const { runs, more } = store.reader.recent({ now, perState: 50 });
  expect(runs.map(({ id }) => id)).toEqual(runs.map(({ id }) => id).sort((a, b) => a - b));
  const of = (state: string) => all.filter((run) => run.state === state).map(({ id }) => id);
  const shown = (state: string) => runs.filter((run) => run.state === state).map(({ id }) => id);
  expect(shown('queued')).toEqual(of('queued').slice(-50).reverse());
  expect(shown('running')).toEqual(of('running').slice(0, 50).reverse());
  expect(shown('failed').length).toBe(50);
  expect(more).toEqual(
    ['queued', 'running', 'succeeded', 'failed'].map((state) => ({ state, count: of(state).length - 50 })),
  );
  const later = store.reader.recent({ now: now + 2 * DAY, perState: 50 });
  expect(new Set(later.runs.map(({ state }) => state))).toEqual(new Set(['queued', 'running']));
});

describe('sweeps as one line', () => {
  let own: Store;
  beforeAll(async () => {
    own = await Store.open();
  });
  afterAll(() => own.close());

  /** Runs and sweeps in turn: 1, s1 (2-4), 5, s2 (6-8), …; those of the first three sweeps have ended. */
  test('all of them in the order of their first jobs, page by page', async () => {
    const order: (number | string)[] = [];
    for (let n = 0; n < 10; n++) {
      order.push(await own.submit({ tags: n % 2 === 0 ? ['even'] : [] }));
      const { id, runs } = await own.sweep(jobsOf([1, 2, 3], { tags: n % 2 === 0 ? ['even'] : [] }));
      order.push(`s${id}`);
      if (n < 3)
        for (const runId of runs) await own.event(runId, { kind: 'stopRequested', reason: 'cancel' });
    }
    const lines = (limit: number): (number | string)[] => {
      const all: (number | string)[] = [];
      for (let beforeId: number | null = Number.MAX_SAFE_INTEGER; beforeId !== null; ) {
        const page = own.reader.page({ fold: true, limit, beforeId });
        const places = page.sweeps.map((id) => [own.reader.sweep(id)!.firstRunId, `s${id}`] as const);
        const runs = page.runs.map(({ id }) => [id, id] as const);
        expect(places.length + runs.length).toBeLessThanOrEqual(limit);
        all.push(...[...places, ...runs].toSorted(([a], [b]) => b - a).map(([, line]) => line));
        beforeId = page.nextBeforeId;
      }
      return all;
    };
    for (const limit of [1, 3, 7, 20, 100]) expect(lines(limit)).toEqual(order.toReversed());
  });

  test('a filter folds what fits it', () => {
    const { runs, sweeps, nextBeforeId } = own.reader.page({ fold: true, tags: ['even'], limit: 50 });
    expect(runs).toHaveLength(5);
    expect(sweeps).toEqual([9, 7, 5, 3, 1]);
    expect(nextBeforeId).toBeNull();
    expect(own.reader.page({ fold: true, tags: ['even'], limit: 3 }).sweeps).toEqual([9, 7]);
  });

  test('recent: those that are not over, or ended lately, however many jobs stand before others', async () => {
    const now = own.clock.time;
    const recent = own.reader.recent({ now, perState: 50, fold: true });
    expect(recent.sweeps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(recent.runs).toHaveLength(10);
    expect(recent.runs.every(({ job }) => job === null)).toBe(true);
    expect(recent.moreSweeps).toBe(0);
    const few = own.reader.recent({ now, perState: 2, fold: true });
    expect(few.sweeps).toEqual([2, 3, 4, 5]);
    expect(few.moreSweeps).toBe(6);
    expect(few.more).toEqual([{ state: 'queued', count: 8 }]);
    const later = own.reader.recent({ now: now + 2 * DAY, perState: 50, fold: true });
    expect(later.sweeps).toEqual([4, 5, 6, 7, 8, 9, 10]);
  });

  test('jobs of one sweep, the newest first', () => {
    const page = own.reader.page({ sweepId: 2, limit: 2 });
    expect(page.runs.map(({ job }) => job)).toEqual([
      { sweep: 2, number: 2 },
      { sweep: 2, number: 1 },
    ]);
    const rest = own.reader.page({ sweepId: 2, limit: 2, beforeId: page.nextBeforeId! });
    expect(rest.runs.map(({ job }) => job?.number)).toEqual([0]);
    expect(own.reader.page({ sweepId: 2, states: ['queued'], limit: 9 }).runs).toEqual([]);
    expect(own.reader.page({ sweepId: 99, limit: 9 }).runs).toEqual([]);
  });
});

test('names and shorthands', () => {
  const rare = expected({ name: 'rare', limit: 0 });
  expect(store.reader.newestByName('rare')?.id).toBe(rare[0]);
  expect(store.reader.named('rare', 2)).toEqual(rare.slice(0, 2));
  expect(store.reader.newestByName('nobody')).toBeNull();
  expect(store.reader.newest()?.id).toBe(all[0]!.id);
  expect(store.reader.newest(2)?.id).toBe(all[2]!.id);
  expect(store.reader.newest(99_999)).toBeNull();
});

test('groups with their counts', () => {
  const counts = store.reader.groupCounts();
  for (const { group, state, count } of counts)
    expect(count).toBe(all.filter((run) => run.group === group && run.state === state).length);
  expect(counts.map(({ state }) => state).sort()).toEqual(['queued', 'queued', 'running', 'running']);
});
