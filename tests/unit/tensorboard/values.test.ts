import { expect, test } from 'vitest';
import { double, int, nested } from '../../../src/tensorboard/message.js';
import {
  EventWriter,
  encodePng,
  type LoggedEvent,
  type LoggedValue,
} from '../../../src/tensorboard/tensorboard.js';
import { type Random, randomly } from '../../helpers/random.js';
import { fileOf, readAll, scratch } from './scratch.js';

test('what is written is read, whatever it is', () => {
  randomly(60, (random) => {
    const writer = new EventWriter(scratch());
    const expected = Array.from({ length: 1 + random.upTo(30) }, () => log(writer, random));
    writer.close();
    const [version, start, ...events] = readAll(writer.path!);
    expect(version).toMatchObject({ kind: 'version', version: 'brain.Event:2' });
    expect(start).toMatchObject({ kind: 'session', status: 'start', step: 0 });
    expect(events).toEqual(expected);
  });
});

/** Logs something; the event that must be read of it. */
function log(writer: EventWriter, random: Random): LoggedEvent {
  const step = random.of([0, 1, 127, 128, 2 ** 31, 2 ** 40 + 5, Number.MAX_SAFE_INTEGER, -1, -(2 ** 40)]);
  const wallTime = random.of([0.5, 1700000000.123456, -1]);
  const kind = random.upTo(5);
  // The first plugin of a tag counts: each kind has tags of its own.
  const tag = `${kind}${random.of(['loss', 'träin/λ', 'x'.repeat(random.upTo(300)), ''])}`;
  const values = (...values: LoggedValue[]): LoggedEvent => ({ kind: 'values', step, wallTime, values });
  switch (kind) {
    case 0: {
      const value = random.of([0, -0, 0.1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 1e-46]);
      writer.scalar(tag, value, step, wallTime);
      return values({ kind: 'scalar', tag, value: Math.fround(value) });
    }
    case 1: {
      const scalars = Object.fromEntries(
        Array.from({ length: 1 + random.upTo(9) }, (_, n) => [`${tag}.${n}`, n]),
      );
      writer.scalars(scalars, step, wallTime);
      return values(
        ...Object.entries(scalars).map(([tag, value]) => ({ kind: 'scalar' as const, tag, value })),
      );
    }
    case 2: {
      const images = Array.from({ length: 1 + random.upTo(2) }, (_, n) =>
        encodePng({ width: 3, height: 2, channels: 1, data: new Uint8Array(6).fill(n) }),
      );
      writer.image(tag, images, step, wallTime);
      return values({
        kind: 'image',
        tag,
        width: 3,
        height: 2,
        images: images.map((image) => Uint8Array.from(image)),
      });
    }
    case 3: {
      const text = random.of(['', '# ü\n', 'x'.repeat(100_000)]);
      writer.text(tag, text, step, wallTime);
      return values({ kind: 'text', tag, texts: [text] });
    }
    case 4: {
      writer.histogram(tag, [step, step], step, wallTime);
      const buckets = Array.from({ length: 30 }, (_, n) => ({
        left: step,
        right: step,
        count: n === 29 ? 2 : 0,
      }));
      return values({ kind: 'histogram', tag, buckets });
    }
    default: {
      const status = random.of(['start', 'stop', 'checkpoint', 'unspecified'] as const);
      writer.session(status, step, { message: tag }, wallTime);
      return { kind: 'session', step, wallTime, status, message: tag };
    }
  }
}

const DT_FLOAT = 1;
const floats = (...numbers: number[]): Buffer => Buffer.from(new Float32Array(numbers).buffer);
const summary = (...value: Uint8Array[]): Uint8Array => nested(5, nested(1, nested(1, 'tag'), ...value));
const tensor = (...parts: Uint8Array[]): Uint8Array => nested(8, int(1, DT_FLOAT), ...parts);
const plugin = (name: string): Uint8Array => nested(9, nested(1, nested(1, name)));
const fixed32 = (field: number, value: number): Uint8Array =>
  Buffer.concat([Buffer.of((field << 3) | 5), floats(value)]);

test.each<[form: string, event: Uint8Array]>([
  ['simple_value', summary(fixed32(2, 0.5))],
  ['packed floats', summary(tensor(nested(5, floats(0.5))), plugin('scalars'))],
  ['floats one by one', summary(tensor(fixed32(5, 0.5)), plugin('scalars'))],
  ['raw content', summary(tensor(nested(2), nested(4, floats(0.5))), plugin('scalars'))],
  ['metadata first', summary(plugin('scalars'), tensor(nested(5, floats(0.5))))],
  ['doubles', summary(nested(8, int(1, 2), double(6, 0.5)), plugin('scalars'))],
  ['a plugin named before we came', summary(tensor(nested(5, floats(0.5))))],
])('a scalar as %s', (_, event) => {
  expect(readAll(fileOf(event))).toMatchObject([{ values: [{ kind: 'scalar', tag: 'tag', value: 0.5 }] }]);
});

test('the first plugin of a tag counts, also for values without one', () => {
  const path = fileOf(
    summary(tensor(nested(5, floats(1))), plugin('mine')),
    summary(tensor(nested(5, floats(1)))),
    summary(tensor(nested(5, floats(1))), plugin('scalars')),
  );
  const other = { values: [{ kind: 'other', plugin: 'mine' }] };
  expect(readAll(path)).toMatchObject([other, other, other]);
});

test('tensors that are no scalar, and values without one', () => {
  const path = fileOf(
    summary(tensor(nested(5, floats(1, 2))), plugin('scalars')),
    summary(plugin('hparams')),
    summary(),
  );
  expect(readAll(path)).toMatchObject([
    { values: [{ kind: 'other', plugin: 'scalars' }] },
    { values: [{ kind: 'other', plugin: 'hparams' }] },
    { values: [{ kind: 'tombstone' }] },
  ]);
});
