import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { double, int, nested } from '../../../src/tensorboard/message.js';
import { EventReader, EventWriter, type LoggedEvent } from '../../../src/tensorboard/tensorboard.js';
import { type Random, randomly } from '../../helpers/random.js';
import { fileOf, readAll, record, scratch } from './scratch.js';

/** The bytes of a small file of all kinds of events. */
function sample(): Buffer {
  const writer = new EventWriter(scratch());
  for (let step = 0; step < 8; step++) writer.scalar('loss', step / 8, step, 1700000000 + step);
  writer.text('note', 'text', 9, 1700000009);
  writer.session('checkpoint', 10, { checkpointPath: 'ckpt', message: 'saved' }, 1700000010);
  writer.close();
  return readFileSync(writer.path!);
}

test('a file that grows byte by byte: each event once, when it is whole', () => {
  const bytes = sample();
  const path = join(scratch(), 'tfevents');
  writeFileSync(path, '');
  const reader = new EventReader(path);
  const events: LoggedEvent[] = [];
  for (const byte of bytes) {
    expect(reader.offset === 0 || reader.tail !== 'damaged').toBe(true);
    appendFileSync(path, Buffer.of(byte));
    events.push(...reader.events());
  }
  expect(reader).toMatchObject({ offset: bytes.length, tail: 'clean', skipped: 0 });
  reader.close();
  expect(events).toEqual(readAll(path));
  expect(events).toHaveLength(12);
  expect(events.at(-1)).toEqual({
    kind: 'session',
    wallTime: 1700000010,
    step: 10,
    status: 'checkpoint',
    checkpointPath: 'ckpt',
    message: 'saved',
  });
});

test('one may stop at any event and go on in another reader', () => {
  const path = join(scratch(), 'tfevents');
  writeFileSync(path, sample());
  const all = readAll(path);
  for (let stop = 1; stop <= all.length; stop++) {
    const reader = new EventReader(path);
    const seen: LoggedEvent[] = [];
    for (const event of reader.events()) if (seen.push(event) === stop) break;
    expect([...seen, ...readAll(path, reader.offset)]).toEqual(all);
    expect([...seen, ...reader.events()]).toEqual(all);
    reader.close();
  }
});

test('a torn tail waits; what is behind it comes when it is there', () => {
  const path = join(scratch(), 'tfevents');
  const bytes = sample();
  writeFileSync(path, bytes.subarray(0, -5));
  const reader = new EventReader(path);
  expect([...reader.events()]).toHaveLength(11);
  expect(reader.tail).toBe('torn');
  appendFileSync(path, bytes.subarray(-5));
  expect([...reader.events()]).toHaveLength(1);
  expect(reader.tail).toBe('clean');
  reader.close();
});

test('damaged data cost their record', () => {
  const path = fileOf(int(2, 1), int(2, 2), int(2, 3));
  const bytes = readFileSync(path);
  bytes[record(int(2, 1)).length + 12]! ^= 1;
  writeFileSync(path, bytes);
  const reader = new EventReader(path);
  expect([...reader.events()].map(({ step }) => step)).toEqual([1, 3]);
  expect(reader).toMatchObject({ tail: 'clean', skipped: 1 });
  reader.close();
});

test('at a damaged length it ends, and goes on should the bytes come right', () => {
  const path = fileOf(int(2, 1), int(2, 2));
  const bytes = readFileSync(path);
  const zeroed = Buffer.concat([bytes.subarray(0, bytes.length / 2), Buffer.alloc(4096)]);
  writeFileSync(path, zeroed);
  const reader = new EventReader(path);
  expect([...reader.events()].map(({ step }) => step)).toEqual([1]);
  expect(reader).toMatchObject({ tail: 'damaged', offset: bytes.length / 2 });
  expect([...reader.events()]).toEqual([]);
  writeFileSync(path, bytes);
  expect([...reader.events()].map(({ step }) => step)).toEqual([2]);
  reader.close();
});

test('records that are no events, and such as are too long, are passed over', () => {
  const group = Buffer.of((1 << 3) | 3);
  const overlong = Buffer.from([(2 << 3) | 0, ...Array(11).fill(0xff)]);
  const cut = Buffer.of((3 << 3) | 2, 100);
  const path = fileOf(group, overlong, cut, Buffer.alloc(2000), int(2, 5));
  const reader = new EventReader(path, { maxRecordBytes: 1000 });
  expect([...reader.events()].map(({ step }) => step)).toEqual([5]);
  expect(reader).toMatchObject({ tail: 'clean', skipped: 4 });
  reader.close();
});

test('of a record that is too long nothing is read, even of one that is not there yet', () => {
  const path = fileOf(Buffer.alloc(0));
  const header = record(Buffer.alloc(10 << 20)).subarray(0, 12);
  appendFileSync(path, header);
  const reader = new EventReader(path, { maxRecordBytes: 1000 });
  expect([...reader.events()]).toHaveLength(1);
  expect(reader.tail).toBe('torn');
  truncateSync(path, 16 + (10 << 20) + 16);
  appendFileSync(path, record(int(2, 7)));
  expect([...reader.events()].map(({ step }) => step)).toEqual([7]);
  reader.close();
});

test('unknown fields and fields of another type are ignored', () => {
  const known = [double(1, 12.5), int(2, 3), nested(3, 'brain.Event:2')];
  const far = Buffer.from([0xa0, 0x06, 5, 0xa2, 0x06, 1, 0, 0xa5, 0x06, 0, 0, 0, 0]); // field 100
  const unknown = [far, int(15, -5), double(14, 5), nested(13, 'x'), int(1, 5), nested(2, 'x'), int(3, 1)];
  const path = fileOf(Buffer.concat([...unknown, ...known, ...unknown]));
  expect(readAll(path)).toEqual([{ kind: 'version', wallTime: 12.5, step: 3, version: 'brain.Event:2' }]);
});

test('what is no file of its own is never waited for', () => {
  const fifo = join(scratch(), 'tfevents');
  execFileSync('mkfifo', [fifo]);
  expect(() => new EventReader(fifo)).toThrow('not a regular file');
  expect(() => new EventReader(join(scratch(), 'none'))).toThrow('ENOENT');
});

test('whatever bytes a file has, reading ends and gives events', () => {
  const bytes = sample();
  const path = join(scratch(), 'tfevents');
  randomly(400, (random) => {
    writeFileSync(path, damage(bytes, random));
    const reader = new EventReader(path, { maxRecordBytes: 1 << 20 });
    for (const event of reader.events()) expect(Number.isInteger(event.step)).toBe(true);
    expect(reader.offset).toBeLessThanOrEqual(bytes.length + 100);
    reader.close();
  });
});

test('whatever data a record has, it is an event or passed over', () => {
  const path = join(scratch(), 'tfevents');
  const [, , scalar, ...others] = records(sample());
  randomly(400, (random) => {
    writeFileSync(
      path,
      Buffer.concat([record(damage(random.of([scalar!, ...others]), random)), record(int(2, 77))]),
    );
    const reader = new EventReader(path);
    expect([...reader.events()].at(-1)).toMatchObject({ step: 77 });
    expect(reader.tail).toBe('clean');
    reader.close();
  });
});

/** The data of the records of a file. */
function records(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 16 + found.at(-1)!.length)
    found.push(bytes.subarray(at + 12, at + 12 + bytes.readUInt32LE(at)));
  return found;
}

/** Some bytes changed, and perhaps some cut out or put in. */
function damage(bytes: Buffer, random: Random): Buffer {
  const damaged = Buffer.from(bytes);
  for (let n = random.upTo(4); n >= 0; n--) damaged[random.upTo(bytes.length - 1)] = random.upTo(255);
  const at = random.upTo(bytes.length);
  switch (random.upTo(3)) {
    case 0:
      return damaged.subarray(0, at);
    case 1:
      return Buffer.concat([
        damaged.subarray(0, at),
        Buffer.alloc(random.upTo(99), random.upTo(255)),
        damaged.subarray(at),
      ]);
    case 2:
      return Buffer.concat([
        damaged.subarray(0, at),
        damaged.subarray(Math.min(bytes.length, at + random.upTo(9))),
      ]);
    default:
      return damaged;
  }
}
