import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Command } from '../../../src/daemon/queue/commands.js';
import { newRun, Store } from '../../helpers/store.js';

let store: Store;
beforeEach(async () => {
  store = await Store.open();
});
afterEach(() => store.close());

const submission = (): Command => ({ do: 'submit', run: newRun() });

test('a repeated request answers the first results and does nothing, also after a restart', async () => {
  const commands = [submission(), { do: 'remove' as const, runId: 99 }];
  const first = await store.queue.execute({ requestId: 'r', commands });
  expect(first).toMatchObject([
    { ok: true, runId: 1 },
    { ok: false, code: 'not_found' },
  ]);
  const again = { requestId: 'r', commands: [submission(), submission()] };
  expect(await store.queue.execute(again)).toEqual(first);
  await store.stop();
  await store.start();
  expect(await store.queue.execute(again)).toEqual(first);
  expect(store.reader.newestSeq()).toBe(1);
});

test('repeats that are under way together are one request', async () => {
  const results = await Promise.all(
    Array.from({ length: 20 }, () => store.queue.execute({ requestId: 'r', commands: [submission()] })),
  );
  for (const result of results) expect(result).toEqual([{ ok: true, runId: 1 }]);
  expect(store.reader.run(2)).toBeNull();
});

test('a request is remembered for 24 hours, and some time later no longer', async () => {
  const day = 24 * 3600_000;
  const some = (): Command[] => Array.from({ length: 100 }, submission);
  await store.queue.execute({ requestId: 'r', commands: [submission()] });
  store.clock.time += day;
  await store.execute(...some());
  expect(await store.queue.execute({ requestId: 'r', commands: [] })).toMatchObject([{ runId: 1 }]);
  store.clock.time += 1;
  await store.execute(...some());
  expect(await store.queue.execute({ requestId: 'r', commands: [submission()] })).toMatchObject([
    { runId: 202 },
  ]);
});

test('a clock that jumps back breaks neither order nor requests', async () => {
  await store.queue.execute({ requestId: 'r', commands: [submission()] });
  store.clock.time -= 365 * 24 * 3600_000;
  await store.submit();
  const id = await store.running();
  expect(store.reader.events(0, 100).events.map(({ seq, runId }) => [seq, runId])).toEqual([
    [1, 1],
    [2, 2],
    [3, id],
    [4, id],
    [5, id],
  ]);
  expect(await store.queue.execute({ requestId: 'r', commands: [] })).toMatchObject([{ runId: 1 }]);
  expect(store.reader.page({ limit: 10, sinceMs: store.clock.time + 1 }).runs.map((run) => run.id)).toEqual([
    1,
  ]);
});
