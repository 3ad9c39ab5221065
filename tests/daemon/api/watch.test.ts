import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunState, type WaitResponse, type WatchResponse } from '../../../src/gen/expd/v1/runs.js';
import { failure, newRun } from '../../helpers/store.js';
import { until } from '../../helpers/until.js';
import { answer, collected, Served } from './served.js';

let served: Served;
beforeAll(async () => {
  served = await Served.open();
});
afterAll(() => served.close());

function watching(afterSeq: number, runs: string[] = [], from: Served = served) {
  const stream = from.runs.watch({ afterSeq, runs });
  const events: WatchResponse[] = [];
  stream.on('data', (message: WatchResponse) => void events.push(message));
  const done = collected(stream);
  done.catch(() => {});
  return { stream, events, done, seqs: () => events.map(({ event }) => event!.seq) };
}

test('wait tells each run now and at each change, until all are final', async () => {
  const [ended, queued, running] = [
    await served.finished(),
    await served.submitted(),
    await served.submitted(),
  ];
  await served.start(running);
  const stream = served.runs.wait({ runs: [`${ended},${queued}`, String(running)] });
  const told: string[] = [];
  stream.on(
    'data',
    ({ run }: WaitResponse) => void told.push(`${run!.id} ${RunState[run!.state].slice(10)}`),
  );
  const done = collected(stream);
  await until('all three were told', () => told.length === 3);
  expect(told).toEqual([`${ended} SUCCEEDED`, `${queued} QUEUED`, `${running} RUNNING`]);
  await served.submitted();
  await served.act('cancel', [String(queued)]);
  await served.end(running, failure);
  await done;
  expect(told.slice(3)).toEqual([`${queued} CANCELLED`, `${running} FAILED`]);
});

test('wait refuses unknown runs, and says when one is removed', async () => {
  await expect(collected(served.runs.wait({ runs: ['99999'] }))).rejects.toMatchObject({ status: 5 });
  await expect(collected(served.runs.wait({ runs: [] }))).rejects.toMatchObject({ status: 3 });
  const [other, id] = [await served.submitted(), await served.submitted()];
  const waiting = collected(served.runs.wait({ runs: [String(other), String(id)] })).catch(
    (err: unknown) => err,
  );
  await served.act('cancel', [String(id)]);
  await served.store.ok({ do: 'remove', runId: id });
  await served.act('cancel', [String(other)]);
  // The end may have been told before the removal; then nothing is left to wait for.
  const end = await waiting;
  if (!Array.isArray(end)) expect(end).toMatchObject({ detail: { code: 'not_found' } });
});

test('watch has every event in order, from any number on, whatever was missed', async () => {
  const from = served.store.reader.newestSeq();
  const first = watching(from);
  const ids: number[] = [];
  for (let n = 0; n < 20; n++) ids.push(await served.submitted());
  await until('twenty events came', () => first.events.length === 20);
  first.stream.cancel();
  for (const id of ids) await served.act('cancel', [String(id)]);
  await served.stopListening();
  await served.store.submit();
  await served.listen();
  const second = watching(first.seqs().at(-1)!);
  await served.submitted();
  const newest = served.store.reader.newestSeq();
  await until('the newest came', () => second.seqs().at(-1) === newest);
  second.stream.cancel();
  const all = [...first.seqs(), ...second.seqs()];
  expect(all).toEqual(Array.from({ length: newest - from }, (_, n) => from + 1 + n));
  expect(first.events[0]).toMatchObject({ event: { kind: 'submitted', runId: ids[0] }, run: { id: ids[0] } });
  expect(second.events[0]).toMatchObject({
    event: { kind: 'stop_requested' },
    run: { state: RunState.RUN_STATE_CANCELLED },
  });
});

test('watch of some runs, from now on', async () => {
  const id = await served.submitted();
  const some = watching(-1, [String(id)]);
  const all = watching(-1);
  // Nothing tells when a watcher stands; what it does not get it was too early for.
  await until('both watch', async () => {
    await served.act('hold', [String(id)]);
    await served.act('release', [String(id)]);
    return some.events.length > 0 && all.events.length > 0;
  });
  await served.submitted();
  await served.act('cancel', [String(id)]);
  await until('the end came', () => some.events.at(-1)?.event?.kind === 'stop_requested');
  expect(new Set(some.events.map(({ event }) => event!.runId))).toEqual(new Set([id]));
  await until('the other saw all', () => all.events.at(-1)?.event?.kind === 'stop_requested');
  expect(new Set(all.events.map(({ event }) => event!.runId)).size).toBe(2);
  some.stream.cancel();
  all.stream.cancel();
});

test('a removed run is told without the run', async () => {
  const id = await served.finished();
  const watch = watching(served.store.reader.newestSeq());
  await served.store.ok({ do: 'remove', runId: id });
  await until('it came', () => watch.events.length === 1);
  expect(watch.events[0]).toMatchObject({ event: { kind: 'removed', runId: id }, run: undefined });
  watch.stream.cancel();
});

test('below the floor, and above the newest: out of range; list again and miss nothing', async () => {
  const small = await Served.open({ keepEvents: 20 });
  try {
    for (let n = 0; n < 4; n++)
      await small.store.execute(
        ...Array.from({ length: 100 }, () => ({ do: 'submit' as const, run: newRun() })),
      );
    const floor = small.store.reader.eventsFloor();
    expect(floor).toBeGreaterThan(0);
    await expect(collected(small.runs.watch({ afterSeq: 0, runs: [] }))).rejects.toMatchObject({
      status: 11,
      detail: { code: 'compacted' },
    });
    await expect(collected(small.runs.watch({ afterSeq: 1_000_000, runs: [] }))).rejects.toMatchObject({
      status: 11,
    });
    const at = watching(floor, [], small);
    await until(
      'events above the floor came',
      () => at.events.length === small.store.reader.newestSeq() - floor,
    );
    at.stream.cancel();
    const listed = await answer<{ seq: number }>((done) =>
      small.runs.list(
        {
          states: [],
          tags: [],
          sinceMs: 0,
          name: '',
          group: '',
          runs: [],
          recent: true,
          beforeId: 0,
          pageSize: 5,
          sweepId: 0,
          foldSweeps: false,
        },
        done,
      ),
    );
    const on = watching(listed.seq, [], small);
    const id = await small.store.submit();
    await until('the next came', () => on.events.length === 1);
    expect(on.events[0]).toMatchObject({ event: { runId: id } });
    on.stream.cancel();
  } finally {
    await small.close();
  }
});

test('a watcher that does not read gets every event once it does', async () => {
  const from = served.store.reader.newestSeq();
  const watch = served.runs.watch({ afterSeq: from, runs: [] });
  watch.pause();
  const commands = Array.from({ length: 3000 }, () => ({
    do: 'submit' as const,
    run: newRun({ note: 'n'.repeat(2000) }),
  }));
  await served.store.execute(...commands);
  const newest = served.store.reader.newestSeq();
  const seqs: number[] = [];
  watch.on('data', ({ event }: WatchResponse) => void seqs.push(event!.seq));
  watch.on('error', () => {});
  watch.resume();
  await until('all came', () => seqs.at(-1) === newest);
  expect(seqs).toHaveLength(newest - from);
  watch.cancel();
});
