import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PageQuery } from '../../../src/daemon/store/pages.js';
import type { StoredRun } from '../../../src/daemon/store/stored.js';
import { randomlyAsync } from '../../helpers/random.js';
import { claimOf, endOf, failure, Store, success, transitionOf } from '../../helpers/store.js';

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
