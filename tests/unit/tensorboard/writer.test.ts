import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EventWriter } from '../../../src/tensorboard/tensorboard.js';
import { readAll, record, scratch } from './scratch.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('the bytes of a file', () => {
  const writer = new EventWriter(scratch());
  writer.scalar('loss', 0.5, 300, 1500000000);
  writer.scalars({ a: 1, b: -2 }, 0, 1500000000);
  writer.close();
  const time = '09 0000 00c0 0b5a d641';
  expect(readFileSync(writer.path!)).toEqual(
    Buffer.concat([
      record(hex(`${time} 1a0d 6272 6169 6e2e 4576 656e 743a 32 5206 0a04 65787064`)), // brain.Event:2, expd
      record(hex(`${time} 3a02 0801`)), // START
      record(hex(`${time} 10ac02 2a0d 0a0b 0a04 6c6f7373 15 0000003f`)),
      record(hex(`${time} 2a14 0a08 0a01 61 15 0000803f 0a08 0a01 62 15 000000c0`)),
    ]),
  );
});

test('the frame of a record, as TensorBoard has it', () => {
  const data = Buffer.concat([hex('09 0000 8038 99d6 d741 1a0d'), Buffer.from('brain.Event:2')]);
  const framed = record(data);
  expect(framed.readBigUInt64LE(0)).toBe(24n);
  expect(framed.readUInt32LE(8)).toBe(0x224b7fa3);
  expect(framed.readUInt32LE(36)).toBe(0xab364b12);
});

test('a writer that logs nothing leaves nothing', () => {
  const directory = join(scratch(), 'run');
  const writer = new EventWriter(directory);
  writer.scalars({}, 1);
  writer.rewind(5);
  writer.flush();
  writer.sync();
  writer.close();
  writer.close();
  expect(writer.path).toBeNull();
  expect(() => readdirSync(directory)).toThrow('ENOENT');
});

test('what was logged is in the file after flush, not before', () => {
  const writer = new EventWriter(join(scratch(), 'made', 'with', 'it'));
  writer.scalar('loss', 1, 1);
  expect(writer.path).toBeNull();
  writer.flush();
  expect(readAll(writer.path!).map(({ kind }) => kind)).toEqual(['version', 'session', 'values']);
  writer.scalar('loss', 2, 2);
  expect(readAll(writer.path!)).toHaveLength(3);
  writer.sync();
  expect(readAll(writer.path!)).toHaveLength(4);
  writer.close();
});

test('whole records reach the file when the buffer is full', () => {
  const writer = new EventWriter(scratch());
  for (let step = 0; step < 2000; step++) writer.scalar('loss', 1, step);
  const events = readAll(writer.path!);
  expect(events.length).toBeGreaterThan(1000);
  expect(events.at(-1)).toMatchObject({ step: events.length - 3 });
  writer.close();
});

test('a record may be larger than the buffer', () => {
  const writer = new EventWriter(scratch());
  writer.scalar('loss', 1, 1);
  writer.text('long', 'x'.repeat(1 << 20), 2);
  writer.scalar('loss', 3, 3);
  writer.close();
  expect(readAll(writer.path!).map(({ step }) => step)).toEqual([0, 0, 1, 2, 3]);
});

test('names: each later file sorts behind all that are there, whatever the clock says', () => {
  const directory = scratch();
  const future = Math.floor(Date.now() / 1000) + 3600;
  writeFileSync(join(directory, `events.out.tfevents.${future}.zzz.99999.9`), '');
  const names = [1, 2, 3].map((value) => {
    const writer = new EventWriter(directory);
    writer.scalar('loss', value, value);
    writer.close();
    return writer.path!;
  });
  expect(
    readdirSync(directory)
      .sort()
      .slice(1)
      .map((name) => join(directory, name)),
  ).toEqual(names);
  expect(names[0]).toContain(`events.out.tfevents.${future + 1}.${hostname()}.${process.pid}.`);
});

test('START only in the first file of a directory', () => {
  const directory = scratch();
  const kinds = [1, 2].map(() => {
    const writer = new EventWriter(directory);
    writer.scalar('loss', 1, 1);
    writer.close();
    return readAll(writer.path!).map(({ kind }) => kind);
  });
  expect(kinds).toEqual([
    ['version', 'session', 'values'],
    ['version', 'values'],
  ]);
});

test('what TensorBoard cannot read is refused, and leaves no trace', () => {
  const writer = new EventWriter(scratch());
  expect(() => writer.scalar('loss', 1, 1.5)).toThrow(RangeError);
  expect(() => writer.scalar('loss', 1, 2 ** 53)).toThrow(RangeError);
  expect(() => writer.text('note', 'x', 1, Number.NaN)).toThrow(RangeError);
  expect(() => writer.image('image', Buffer.from('GIF89a'), 1)).toThrow(TypeError);
  writer.flush();
  expect(writer.path).toBeNull();
  writer.close();
  expect(() => writer.scalar('loss', 1, 1)).toThrow('is closed');
});
