import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Log } from '../../../src/daemon/log.js';
import { Tracker } from '../../../src/daemon/tracking/tracker.js';
import { until } from '../../helpers/until.js';
import { TailWorld } from './tail-world.js';

const THREAD = resolve(import.meta.dirname, '../../../dist/tracker.cjs');

let world: TailWorld;
let tracker: Tracker | null = null;
const errors: unknown[] = [];

beforeEach(() => {
  world = new TailWorld();
  errors.length = 0;
});
afterEach(async () => {
  await tracker?.close();
  world.close();
});

/** A tracker whose threads run this before they are what they should be; null: there is no such file. */
function trackerWith(before: string | null): Tracker {
  const workerFile = join(world.dir, 'thread.cjs');
  if (before !== null) writeFileSync(workerFile, `${before}\nrequire(${JSON.stringify(THREAD)});\n`);
  const log = { error: (fields: unknown) => void errors.push(fields) } as unknown as Log;
  tracker = new Tracker({ workerFile, log, progress: () => {}, told: () => {} });
  return tracker;
}

const goOn = (of: Tracker, step = 11) => of.goOn({ root: world.root, step, savedAt: null, fileMode: 0o644 });

/** A script has logged there: so that its curve goes on, a marker is needed. */
function theirs(): string[] {
  mkdirSync(world.root, { recursive: true });
  writeFileSync(join(world.root, 'events.out.tfevents.1000000000.host.1.0'), '');
  return readdirSync(world.root);
}

test('a thread that cannot be had holds no start up: it is said, and it is tried ever more rarely', async () => {
  const of = trackerWith(null);
  of.track(world.attempt());
  expect(await goOn(of)).toMatch(/^the metrics thread has failed/);
  const began = performance.now();
  for (let n = 0; n < 20; n++) expect(await goOn(of)).toMatch(/^the metrics thread has failed/);
  expect(performance.now() - began).toBeLessThan(500);
  expect(errors).toHaveLength(1);
});

test('the next thread takes over what the last one left, in order', async () => {
  world.append({ step: 1, loss: 0.5 });
  const died = join(world.dir, 'died');
  const of = trackerWith(
    `const { existsSync, writeFileSync } = require('node:fs');
     if (!existsSync('${died}')) { writeFileSync('${died}', ''); throw new Error('once'); }`,
  );
  of.track(world.attempt());
  await of.finish(world.attempt());
  expect(errors).toHaveLength(1);
  expect(world.curves()).toEqual({ loss: [[1, 0.5]] });
  expect(await goOn(of)).toBeNull();
});

test('a thread that hangs holds a start up for a moment, and then never writes into what the attempt logs', async () => {
  const before = theirs();
  const [hung, go] = [join(world.dir, 'hung'), join(world.dir, 'go')];
  const of = trackerWith(
    `const { existsSync, writeFileSync } = require('node:fs');
     writeFileSync('${hung}', '');
     while (!existsSync('${go}')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);`,
  );
  of.track(world.attempt());
  expect(await goOn(of)).toMatch(/^the metrics thread does not answer/);
  writeFileSync(go, '');
  await of.finish(world.attempt());
  expect(readdirSync(world.root)).toEqual(before);
  expect(await goOn(of)).toBeNull();
  await until('a marker', () => readdirSync(world.root).length > before.length);
}, 20_000);
