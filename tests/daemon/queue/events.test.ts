import { afterEach, expect, test } from 'vitest';
import { UserError } from '../../../src/daemon/errors.js';
import type { Notification, StoredEvent } from '../../../src/daemon/store/stored.js';
import { claimOf, endOf, failure, interruption, newRun, Store, success } from '../../helpers/store.js';

let store: Store;
afterEach(() => store.close());

test('events are read without a gap, of all runs and of some', async () => {
  store = await Store.open();
  const [a, b] = [await store.running(), await store.running()];
  await store.ok(endOf(a, 1, success));
  const page = store.reader.events(0, 4);
  expect(page.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(store.reader.events(page.next, 100)).toMatchObject({
    next: 7,
    events: [{ seq: 5 }, { seq: 6 }, { seq: 7 }],
  });
  expect(store.reader.events(7, 100)).toEqual({ events: [], next: 7 });
  expect(store.reader.events(0, 100, [b])).toMatchObject({
    next: 7,
    events: [{ seq: 4 }, { seq: 5 }, { seq: 6 }],
  });
  expect(store.reader.events(0, 2, [a, b])).toMatchObject({ next: 2, events: [{ runId: a }, { runId: a }] });
  const many = [a, ...Array.from({ length: 100 }, (_, i) => 1000 + i)];
  expect(store.reader.events(3, 3, many)).toEqual({ events: [], next: 6 });
  expect(store.reader.events(6, 3, many)).toMatchObject({ next: 7, events: [{ kind: 'ended', runId: a }] });
});

test('old events are forgotten with later commits; below the floor nothing is pretended', async () => {
  store = await Store.open({ keepEvents: 500 });
  for (let turn = 0; turn < 10; turn++)
    await store.execute(...Array.from({ length: 200 }, () => ({ do: 'submit' as const, run: newRun() })));
  const floor = store.reader.eventsFloor();
  expect(store.reader.newestSeq()).toBe(2000);
  // At least 500 are kept, and not many more.
  expect(floor).toBeLessThanOrEqual(1500);
  expect(floor).toBeGreaterThan(1000);
  expect(() => store.reader.events(floor - 1, 10)).toThrow(
    expect.objectContaining({ constructor: UserError, code: 'compacted' }),
  );
  expect(store.reader.events(floor, 5000).events.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 2000 - floor }, (_, i) => floor + 1 + i),
  );
  await store.stop();
  await store.start({ keepEvents: 500 });
  expect(store.reader.eventsFloor()).toBe(floor);
  await store.submit();
  expect(store.reader.newestSeq()).toBe(2001);
});

test('each event has its reason', async () => {
  store = await Store.open();
  const id = await store.submit({ retries: 1 });
  await store.event(id, { kind: 'held', why: { code: 'user', text: 'later' } });
  await store.event(id, { kind: 'released' });
  await store.ok(claimOf(id, 1, { resumedFrom: '/ckpt/5' }));
  await store.event(id, { kind: 'spawned' });
  await store.event(id, { kind: 'paused' });
  await store.event(id, { kind: 'continued' });
  await store.event(id, { kind: 'stopRequested', reason: 'drain' });
  await store.event(id, { kind: 'stopRequested', reason: 'drain' });
  await store.event(id, { kind: 'stopRequested', reason: 'timeout' });
  await store.ok(endOf(id, 1, failure));
  await store.ok({ do: 'edit', runId: id, changes: { priority: 3, addTags: ['x'] } });
  const shown = ({ kind, reason }: StoredEvent) =>
    `${kind} ${reason ? `${reason.code}: ${reason.text}` : ''}`.trim();
  expect(store.reader.history(id).map(shown)).toEqual([
    'submitted',
    'held user: later',
    'released',
    'claimed resumed_from: /ckpt/5',
    'spawned',
    'paused',
    'continued',
    'stop_requested drain: drain',
    'stop_requested timeout: timeout',
    'ended exit: exit 3',
    'edited edited: priority, tags',
  ]);
});

test('of a long past the newest part is told', async () => {
  store = await Store.open();
  const id = await store.submit();
  for (let priority = 1; priority <= 5; priority++)
    await store.ok({ do: 'edit', runId: id, changes: { priority } });
  expect(store.reader.history(id, 3).map(({ seq }) => seq)).toEqual([4, 5, 6]);
  expect(store.reader.history(id).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('notifications are written with what they tell of, when there is anybody to tell', async () => {
  store = await Store.open();
  await store.ended(failure);
  expect(store.reader.notificationsAfter(0, 10)).toEqual([]);
  let told = 0;
  store.queue.onCommit(({ notifications }) => {
    if (notifications) told++;
  });
  store.queue.configure({ notify: true });
  const failed = await store.ended(failure, { name: 'bad', tags: ['t'] });
  const interrupted = await store.ended(interruption);
  await store.ok(claimOf(interrupted, 2));
  await store.event(interrupted, { kind: 'spawned' });
  await store.ok(endOf(interrupted, 2, success));
  await store.ended(failure, { retries: 1 });
  const cancelled = await store.submit();
  await store.event(cancelled, { kind: 'stopRequested', reason: 'cancel' });
  await store.told();
  const told_of = store.reader.notificationsAfter(0, 10).map(({ payload }) => payload);
  expect(told_of.map((one) => [one.event, 'run' in one && one.run.id])).toEqual([
    ['failed', failed],
    ['interrupted', interrupted],
    ['resumed', interrupted],
    ['finished', interrupted],
  ]);
  expect(told).toBe(4);
  expect(told_of[0]).toEqual({
    v: 1,
    event: 'failed',
    host: expect.any(String),
    at: store.clock.time,
    run: {
      id: failed,
      ulid: expect.any(String),
      name: 'bad',
      state: 'failed',
      attempt: 1,
      reason: { code: 'exit', text: 'exit 3' },
      exit_code: 3,
      signal: null,
      experiment_id: `bad-${failed}`,
      project: '/home/me/project',
      run_dir: `/runs/${failed}/1`,
      tags: ['failed', 't'],
      job: null,
    },
  } satisfies Notification);
});

test('facts and groups are told as settings', async () => {
  store = await Store.open();
  const told: boolean[] = [];
  store.queue.onCommit(({ settings }) => told.push(settings));
  await store.ok({ do: 'setFact', name: 'draining', value: 'true' });
  await store.submit();
  await store.told();
  expect(told).toEqual([true, false]);
  expect(store.reader.draining()).toBe(true);
});
