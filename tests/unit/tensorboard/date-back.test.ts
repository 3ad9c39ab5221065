import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newestSecond } from '../../../src/tensorboard/event-files.js';
import { dateBack, eventFiles, writeMarker } from '../../../src/tensorboard/tensorboard.js';
import { scratch } from './scratch.js';

const now = (): number => Math.floor(Date.now() / 1000);
const name = (second: number, rest: string): string =>
  `events.out.tfevents.${String(second).padStart(10, '0')}.${rest}`;

function withFiles(...names: string[]): string {
  const directory = scratch();
  for (const one of names) writeFileSync(join(directory, one), '');
  return directory;
}
const rests = (directory: string): string[] =>
  eventFiles(directory).map((one) => one.replace(/^events\.out\.tfevents\.\d{10}(\.\d{4})?\./, ''));

test('files from the future lie before a marker of now, in their order and behind all others', async () => {
  const names = [
    name(1_700_000_000, 'z.9'),
    name(now() + 60, 'b.10'),
    name(now() + 60, 'b.9'),
    name(now() + 3600, 'a.1.v2'),
    name(now() + 7200, '0.rewind-3.1.0'),
  ];
  const directory = withFiles(...names);
  expect(dateBack(directory)).toBe(4);
  expect(rests(directory)).toEqual(['z.9', 'b.10', 'b.9', 'a.1.v2', '0.rewind-3.1.0']);
  const begun = performance.now();
  const marker = await writeMarker(directory, 5);
  expect(performance.now() - begun).toBeLessThan(1000);
  expect(marker).toMatchObject({ inOrder: true });
  expect(join(directory, eventFiles(directory).at(-1)!)).toBe(marker!.path);
  expect(newestSecond(eventFiles(directory))).toBeLessThan(now());
  expect(dateBack(directory)).toBe(0);
});

test('where the newest other file is of this very second the marker waits for its own', async () => {
  const directory = withFiles(name(now(), 'a'), name(now() + 3600, 'b'));
  expect(dateBack(directory)).toBe(1);
  expect(await writeMarker(directory, 5)).toMatchObject({ inOrder: true });
  expect(rests(directory).slice(0, 2)).toEqual(['a', 'b']);
});

test('cut short in the middle it goes on where it was', () => {
  const directory = withFiles(name(now() - 5, '0000.b'), name(now() + 60, 'c'), name(now() + 60, 'd'));
  expect(dateBack(directory)).toBe(2);
  expect(rests(directory)).toEqual(['b', 'c', 'd']);
});

test('what is only so young that a marker waits for it stays as it is, and so does what is no event file', () => {
  const names = [name(now(), 'a'), name(now() + 1, 'b'), 'x'];
  const directory = withFiles(...names);
  expect(dateBack(directory)).toBe(0);
  expect(readdirSync(directory).sort()).toEqual(names);
  expect(dateBack(join(directory, 'none'))).toBe(0);
});
