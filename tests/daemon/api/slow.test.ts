import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { ftruncateSync, openSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WatchResponse } from '../../../src/gen/expd/v1/runs.js';
import { bundle } from '../../helpers/store.js';
import { until } from '../../helpers/until.js';
import { Served } from './served.js';

/** More than any buffer on the way holds. */
const LOG_BYTES = 150_000_000;

let served: Served;
const children: ChildProcess[] = [];
beforeAll(async () => {
  served = await Served.open();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await served.close();
});

test('readers that do not read cost bounded memory, and hinder nobody', async () => {
  const id = await served.submitted();
  const log = await served.start(id);
  // A hole: the bytes exist without being written.
  ftruncateSync(openSync(log, 'w'), LOG_BYTES);
  const follower = bundle('tests/daemon/api/follower.ts');
  const before = process.memoryUsage.rss();
  for (let n = 0; n < 8; n++) {
    const child = spawn(process.execPath, [follower, served.socket, String(id), 'slow'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
  }
  await Promise.all(children.map((child) => once(child.stdout!, 'data')));
  const rss: number[] = [];
  await until('the memory of the sender stands', () => {
    rss.push(process.memoryUsage.rss());
    return rss.length > 100 && Math.abs(rss.at(-1)! - rss.at(-100)!) < 5e6;
  });
  // Half a megabyte each, what HTTP/2 holds, and the garbage of a test runner.
  expect(rss.at(-1)! - before).toBeLessThan(120e6);
  expect((await served.submit([{}])).results[0]!.run).toBeDefined();
  const reader = spawn(process.execPath, [follower, served.socket, String(id)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(reader);
  let bytes = 0;
  reader.stdout!.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await until('another reads everything', () => bytes === LOG_BYTES, 30_000);
});

test('events are read from the table only as fast as the watcher takes them', async () => {
  const submissions = Array.from({ length: 500 }, () => ({ note: 'n'.repeat(9000) }));
  for (let n = 0; n < 6; n++) await served.submit(submissions);
  served.eventPages = 0;
  const watch = served.runs.watch({ afterSeq: 0, runs: [] });
  watch.on('error', () => {});
  await once(watch, 'data');
  watch.pause();
  // Other calls go through meanwhile; the watcher's twelve pages do not.
  for (let n = 0; n < 50; n++) await served.submit([{}]);
  expect(served.eventPages).toBeLessThan(4);
  const newest = served.store.reader.newestSeq();
  let seen = 0;
  watch.on('data', ({ event }: WatchResponse) => {
    seen = event?.seq ?? 0;
  });
  watch.resume();
  await until('all came', () => seen === newest);
  watch.cancel();
  expect(served.eventPages).toBeGreaterThan(10);
});
