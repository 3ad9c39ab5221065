import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newestSecond } from '../../../src/tensorboard/event-files.js';
import {
  curveTags,
  EventWriter,
  encodePng,
  eventFiles,
  type LoggedEvent,
  writeMarker,
} from '../../../src/tensorboard/tensorboard.js';
import { readAll, scratch } from './scratch.js';

const pixel = encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) });

/** A directory in which something of every kind was logged. */
function logged(): string {
  const directory = scratch();
  const writer = new EventWriter(directory);
  writer.scalars({ loss: 1, val: 2 }, 1);
  writer.image('image', pixel, 1);
  writer.text('note', 'x', 1);
  writer.histogram('weights', [1], 1);
  writer.hparams({ lr: 1 });
  writer.close();
  return directory;
}

const told = (events: LoggedEvent[]): unknown[] =>
  events.map((event) => {
    if (event.kind === 'session') return `${event.status} ${event.step}`;
    return event.kind === 'values'
      ? event.values.map(({ kind, tag }) => `${kind} ${tag} ${event.step}`)
      : event.kind;
  });

test('the tags whose points must be ended by name: scalars and images', () => {
  expect(curveTags(logged()).sort()).toEqual(['image', 'loss', 'val']);
  expect(curveTags(join(scratch(), 'none'))).toEqual([]);
});

test('a new writer that rewinds: START twice, then a tombstone for each tag, then what is logged', () => {
  const writer = new EventWriter(logged());
  writer.rewind(5);
  writer.scalar('loss', 1, 5);
  writer.close();
  expect(told(readAll(writer.path!))).toEqual([
    'version',
    'start 5',
    'start 5',
    ['tombstone loss 5', 'tombstone val 5', 'tombstone image 5'],
    ['scalar loss 5'],
  ]);
});

test('a writer that rewinds midway ends its own tags too; with tags given it reads no file', () => {
  const directory = logged();
  const writer = new EventWriter(directory);
  writer.scalar('new', 1, 9);
  writer.rewind(5);
  writer.rewind(4, ['told']);
  writer.close();
  expect(told(readAll(writer.path!)).slice(2)).toEqual([
    'start 5',
    'start 5',
    ['tombstone loss 5', 'tombstone val 5', 'tombstone image 5', 'tombstone new 5'],
    'start 4',
    'start 4',
    ['tombstone told 4'],
  ]);
});

test('a marker lies between the files that are there and those of any process to come', async () => {
  const directory = logged();
  const newest = eventFiles(directory).at(-1)!;
  const marker = await writeMarker(directory, 5);
  expect(eventFiles(directory).map((name) => join(directory, name))).toEqual([
    join(directory, newest),
    marker!.path,
  ]);
  expect(marker!.inOrder).toBe(true);
  expect(newestSecond(eventFiles(directory))).toBeLessThan(Math.floor(Date.now() / 1000));
  expect(told(readAll(marker!.path))).toEqual([
    'version',
    'start 5',
    'start 5',
    ['tombstone loss 5', 'tombstone val 5', 'tombstone image 5'],
  ]);
});

test('a marker where all is old does not wait, and where nothing was logged is none', async () => {
  const directory = scratch();
  expect(await writeMarker(directory, 5)).toBeNull();
  expect(await writeMarker(join(directory, 'none'), 5)).toBeNull();
  writeFileSync(join(directory, 'events.out.tfevents.1700000000.host'), '');
  const begun = performance.now();
  expect(await writeMarker(directory, 5)).toMatchObject({ inOrder: true });
  expect(performance.now() - begun).toBeLessThan(1000);
  expect(readdirSync(directory)).toHaveLength(2);
});

test('a marker that cannot come after files from the future says so, and does not wait for them', async () => {
  const directory = scratch();
  const future = Math.floor(Date.now() / 1000) + 60;
  writeFileSync(join(directory, `events.out.tfevents.${future}.host`), '');
  for (const _ of [1, 2]) expect(await writeMarker(directory, 5)).toMatchObject({ inOrder: false });
});

test('which files are event files, and in which order they are read', () => {
  const directory = scratch();
  const names = [
    'events.out.tfevents.0000000009.b',
    'events.out.tfevents.0000000009.a.v2',
    'my.tfevents',
    'x',
    'p.tfevents.profile-empty',
  ];
  for (const name of names) writeFileSync(join(directory, name), '');
  expect(eventFiles(directory)).toEqual([names[1], names[0], names[2]]);
  expect(newestSecond(eventFiles(directory))).toBe(9);
});
