import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { goOn, writeEnd } from '../../../src/daemon/tracking/curve-end.js';
import { isEnd, isOwn } from '../../../src/daemon/tracking/curve-files.js';
import { EventReader, EventWriter, eventFiles } from '../../../src/tensorboard/tensorboard.js';
import { drain, TailWorld } from './tail-world.js';

let world: TailWorld;
beforeEach(() => {
  world = new TailWorld();
});
afterEach(() => world.close());

const end = (how: 'success' | 'failure') =>
  writeEnd({ root: world.root, fileMode: 0o644, hparams: { values: { lr: 0.1 }, group: 'g' }, end: how });
const ends = (): string[] => eventFiles(world.root).filter(isEnd);

/** Each end with the files in which it stands, in the order in which TensorBoard reads them. */
const statuses = (): string[] =>
  eventFiles(world.root).filter((name) => {
    const reader = new EventReader(join(world.root, name));
    const tags = [...reader.events()].flatMap((event) =>
      event.kind === 'values' ? event.values.map(({ tag }) => tag) : [],
    );
    reader.close();
    return tags.includes('_hparams_/session_end_info');
  });

test('how a run ended is withdrawn when its next attempt begins, by whichever daemon', () => {
  world.append({ step: 1, loss: 1 });
  drain(world.tail()).finish();
  end('failure');
  expect(statuses()).toEqual(ends());
  expect(ends()).toHaveLength(1);
  expect(ends().every(isOwn)).toBe(true);
  const tail = world.tail({ attemptId: 'two', attempt: 2, resumesAt: 2 });
  expect(statuses()).toEqual([]);
  world.append({ step: 2, loss: 2 });
  drain(tail).close(); // the daemon dies
  end('failure'); // of the attempt before, told late
  drain(world.tail({ attemptId: 'two', attempt: 2, resumesAt: 2 })).finish();
  expect(statuses()).toEqual([]);
  end('success');
  expect(statuses()).toEqual(ends());
  expect(world.curves()).toEqual({
    loss: [
      [1, 1],
      [2, 2],
    ],
  });
});

test('of two ends the last one stands', () => {
  world.append({ step: 1, loss: 1 });
  drain(world.tail()).finish();
  end('failure');
  const [first] = ends();
  end('success');
  expect(ends()).toHaveLength(1);
  expect(ends()).not.toEqual([first]);
});

test('ends are of runs that log; the event files of scripts stay', () => {
  end('failure');
  expect(eventFiles(world.root)).toEqual([]);
  const script = new EventWriter(world.root);
  script.scalar('loss', 1, 1);
  script.close();
  const theirs = eventFiles(world.root);
  end('failure');
  expect(eventFiles(world.root)).toHaveLength(2);
  world.tail({ attemptId: 'two', attempt: 2 }).close();
  expect(eventFiles(world.root)).toEqual(theirs);
});

test('what a script wrote while the clock was ahead is read before what goes on from it, and that is said', async () => {
  const script = new EventWriter(world.root);
  script.scalar('loss', 1, 1);
  script.scalar('loss', 2, 2);
  script.close();
  const ahead = script.path!.replace(/\d{10}/, (second) => `${Number(second) + 3600}`);
  renameSync(script.path!, ahead);
  const step = 2;
  expect(await goOn({ root: world.root, step, savedAt: null, fileMode: 0o644 })).toMatch(
    /^1 event files from the future/,
  );
  const next = new EventWriter(world.root);
  next.scalar('loss', 20, 2);
  next.close();
  expect(world.curves()).toEqual({
    loss: [
      [1, 1],
      [2, 20],
    ],
  });
  expect(await goOn({ root: world.root, step: null, savedAt: null, fileMode: 0o644 })).toBe(null);
});

test('a checkpoint that counts epochs: what a script logged before it was written stays', async () => {
  const script = new EventWriter(world.root);
  for (let step = 0; step < 100; step++) script.scalar('loss', 1, step, 1000 + step);
  script.close();
  await goOn({ root: world.root, step: 4, savedAt: 1079.5, fileMode: 0o644 });
  const next = new EventWriter(world.root);
  for (let step = 80; step < 120; step++) next.scalar('loss', 2, step);
  next.close();
  const { loss } = world.curves();
  expect(loss).toEqual(Array.from({ length: 120 }, (_, step) => [step, step < 80 ? 1 : 2]));
});
