import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { EventReader, EventWriter, eventFiles, writeMarker } from '../../../src/tensorboard/tensorboard.js';
import { drain, TailWorld } from './tail-world.js';

let world: TailWorld;
beforeEach(() => {
  world = new TailWorld();
});
afterEach(() => world.close());

const steps = (from: number, to: number, attempt = 1) =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ step: from + n, loss: attempt * 1000 + from + n }));
const curve = (from: number, to: number, attempt = 1) =>
  steps(from, to, attempt).map(({ step, loss }) => [step, loss]);

test('lines become points; what else stands there is told, counted or passed over', () => {
  world.append(
    { step: 1, loss: 0.5, lr: 0.1 },
    { event: 'checkpoint', step: 1, path: 'a' },
    'nonsense\n',
    '\n',
  );
  world.append({ step: 2, loss: 'nan' }, { step: 3 }, '{"step":4,"loss":');
  const tail = drain(world.tail());
  expect(world.curves()).toEqual({
    loss: [
      [1, 0.5],
      [2, Number.NaN],
    ],
    lr: [[1, Math.fround(0.1)]],
  });
  expect(world.told.map(({ fields }) => fields)).toEqual([{ event: 'checkpoint', step: 1, path: 'a' }]);
  expect(tail.progress()).toMatchObject({
    step: 2,
    bad: { count: 1, example: { line: 'nonsense', why: 'it is not JSON' } },
    changed: [
      { key: 'loss', step: 2, points: 2, lowest: { step: 1, value: 0.5 }, highest: { step: 1, value: 0.5 } },
      { key: 'lr', step: 1, points: 1 },
    ],
  });
  expect(tail.progress()).toBe(null);
  world.append('0.25}\n');
  drain(tail);
  expect(world.curves().loss).toHaveLength(3);
  tail.close();
});

test('a run that logs nothing leaves nothing', () => {
  drain(world.tail()).close();
  world.append('nonsense\n', { event: 'done' }, { step: 3 });
  drain(world.tail()).finish();
  expect(existsSync(world.root)).toBe(false);
});

test('the last line counts without its newline, where it is whole', () => {
  world.append({ step: 1, loss: 1 }, '{"step":2,"loss":2}');
  const tail = drain(world.tail());
  expect(world.curves().loss).toHaveLength(1);
  tail.finish();
  expect(world.curves().loss).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('killed at any byte of the event file, by whatever line: nothing is lost and nothing doubled', () => {
  const lines = steps(0, 1200).flatMap((line, n) => [
    line,
    ...(n % 100 === 0 ? [{ event: 'note', n }, 'bad\n'] : []),
  ]);
  world.append(...lines);
  drain(world.tail());
  const [name] = eventFiles(world.root);
  const whole = readFileSync(join(world.root, name!));
  const cuts = [
    0,
    1,
    11,
    12,
    40,
    100,
    101,
    150,
    200,
    ...Array.from({ length: 20 }, (_, n) => 17 + n * 1801),
    whole.length,
  ];
  for (const cut of cuts) {
    rmSync(world.root, { recursive: true });
    mkdirSync(world.root, { recursive: true });
    writeFileSync(join(world.root, name!), whole.subarray(0, cut));
    world.told.length = 0;
    const tail = drain(world.tail());
    expect(world.curves(), `cut at ${cut}`).toEqual({ loss: curve(0, 1200) });
    expect(world.told).toHaveLength(13);
    expect(tail.progress()?.bad.count).toBe(13);
    expect(tail.progress()?.changed ?? []).toEqual([]);
    tail.close();
  }
});

test('a daemon after the other goes on, in files of their own', () => {
  for (let n = 0; n < 5; n++) {
    world.append(...steps(n * 10, n * 10 + 9));
    drain(world.tail()).close();
  }
  expect(world.curves()).toEqual({ loss: curve(0, 49) });
  expect(eventFiles(world.root)).toHaveLength(5);
});

test('crash and resume: one curve, in a directory per attempt and in a shared file', () => {
  world.append(...steps(0, 250));
  drain(world.tail()).finish();
  const from = statSync(world.metricsFile).size;
  world.append(...steps(190, 300, 2));
  const tail = drain(world.tail({ attemptId: 'two', attempt: 2, from, resumesAt: 181 }));
  expect(world.curves()).toEqual({ loss: [...curve(0, 180), ...curve(190, 300, 2)] });
  expect(tail.progress()).toMatchObject({
    step: 300,
    changed: [{ key: 'loss', lowest: { step: 0 }, highest: { step: 300, value: 2300 }, points: 181 + 111 }],
  });
  tail.close();
  // The next daemon finds the same.
  expect(drain(world.tail({ attemptId: 'two', attempt: 2, from, resumesAt: 181 })).progress()).toMatchObject({
    changed: [{ key: 'loss', points: 181 + 111 }],
  });
  expect(world.curves().loss).toHaveLength(181 + 111);
});

test('a checkpoint that counts epochs: what was logged before it was written stays', () => {
  const at = (first: number, last: number, value: number) =>
    Array.from({ length: last - first + 1 }, (_, n) => ({
      step: first + n,
      loss: value,
      t: 1000 + first + n,
    }));
  world.append(...at(0, 250, 1));
  drain(world.tail()).finish();
  const from = statSync(world.metricsFile).size;
  world.append(...at(210, 300, 2));
  drain(world.tail({ attemptId: 'two', attempt: 2, from, resumesAt: 5, savedAt: 1200 })).close();
  const loss = world.curves().loss!;
  expect(loss.map(([step]) => step)).toEqual([
    ...Array.from({ length: 202 }, (_, step) => step),
    ...Array.from({ length: 91 }, (_, n) => 210 + n),
  ]);
});

test('from scratch: the old curve ends where the new one begins', () => {
  world.append(...steps(0, 250));
  drain(world.tail()).finish();
  const from = statSync(world.metricsFile).size;
  world.append(...steps(0, 20, 2));
  drain(world.tail({ attemptId: 'two', attempt: 2, from })).finish();
  expect(world.curves()).toEqual({ loss: curve(0, 20, 2) });
});

test('the file is cut short or replaced: it is taken from its beginning, as one curve', () => {
  world.append(...steps(0, 50));
  const tail = drain(world.tail());
  truncateSync(world.metricsFile, 0);
  world.append(...steps(20, 30, 2));
  drain(tail);
  expect(world.curves()).toEqual({ loss: [...curve(0, 19), ...curve(20, 30, 2)] });
  renameSync(world.metricsFile, `${world.metricsFile}.old`);
  world.append(...steps(25, 40, 3));
  drain(tail);
  expect(world.curves().loss).toEqual([...curve(0, 19), ...curve(20, 24, 2), ...curve(25, 40, 3)]);
  tail.close();
});

test('the curves are removed while they are written: the lines make them again', () => {
  const tail = world.tail();
  world.append({ step: 1, loss: 1 }, 'nonsense\n', { step: 2, loss: 2 });
  drain(tail);
  rmSync(world.root, { recursive: true });
  world.append({ step: 3, loss: 3 });
  drain(tail);
  const whole = [1, 2, 3].map((step) => [step, step]);
  expect(world.curves()).toEqual({ loss: whole });
  expect(tail.progress()).toMatchObject({ bad: { count: 1 }, changed: [{ key: 'loss', points: 3 }] });
  // Emptied, and in use by the script itself from now on.
  rmSync(world.root, { recursive: true });
  const script = new EventWriter(world.root);
  script.scalar('acc', 1, 1);
  script.flush();
  expect(tail.finish()).toBe(true);
  script.close();
  expect(world.curves()).toEqual({ acc: [[1, 1]], loss: whole });
});

test('a FIFO, a link, a directory in its place: said, and taken up when it is a file', () => {
  execFileSync('mkfifo', [world.metricsFile]);
  const tail = drain(world.tail());
  expect(tail.progress()?.problem).toMatch(/is not a regular file$/);
  rmSync(world.metricsFile);
  symlinkSync('/etc/passwd', world.metricsFile);
  drain(tail);
  expect(tail.progress()?.problem).toMatch(/is a symbolic link$/);
  rmSync(world.metricsFile);
  mkdirSync(world.metricsFile);
  drain(tail);
  expect(tail.progress()?.problem).toMatch(/is not a regular file$/);
  rmSync(world.metricsFile, { recursive: true });
  world.append({ step: 1, loss: 1 });
  drain(tail);
  expect(tail.progress()?.problem).toBe(null);
  expect(world.curves()).toEqual({ loss: [[1, 1]] });
});

test('a sparse file of a terabyte costs nothing', () => {
  world.append({ step: 1, loss: 1 });
  truncateSync(world.metricsFile, 2 ** 40);
  world.append('\n', { step: 2, loss: 2 });
  const began = performance.now();
  const tail = drain(world.tail());
  expect(performance.now() - began).toBeLessThan(2000);
  expect(world.curves()).toEqual({
    loss: [
      [1, 1],
      [2, 2],
    ],
  });
  expect(tail.progress()?.bad).toMatchObject({
    count: 1,
    example: { why: expect.stringContaining('zeros') },
  });
});

test('a script that writes event files by itself: expd gives way to a sub-run, and reads both', () => {
  world.append({ step: 1, loss: 1 });
  const tail = drain(world.tail());
  const script = new EventWriter(world.root);
  script.scalar('acc', 0.5, 1);
  script.flush();
  world.append({ step: 2, loss: 2 });
  drain(tail);
  tail.pollForeign();
  expect(readdirSync(world.root)).toContain('metrics');
  expect(world.curves()).toEqual({
    loss: [
      [1, 1],
      [2, 2],
    ],
    acc: [[1, 0.5]],
  });
  expect(
    tail
      .progress()
      ?.changed.map(({ key, points }) => [key, points])
      .sort(),
  ).toEqual([
    ['acc', 1],
    ['loss', 2],
  ]);
  script.scalar('acc', 0.75, 2);
  script.flush();
  expect(tail.pollForeign()).toBe(true);
  expect(tail.progress()?.changed).toMatchObject([{ key: 'acc', value: 0.75 }]);
  tail.close();
  world.append({ step: 3, loss: 3 });
  drain(world.tail()).finish();
  expect(world.curves().loss).toHaveLength(3);
  script.close();
});

test('files that come within one tick of the clock, after a look at their directory, are seen all the same', () => {
  const now = new Date();
  vi.useFakeTimers({ toFake: ['Date'], now });
  onTestFinished(() => void vi.useRealTimers());
  world.append({ step: 1, loss: 1 });
  const tail = drain(world.tail());
  const look = (step: number): void => {
    utimesSync(world.root, now, now);
    world.append({ step, loss: step });
    drain(tail);
  };
  look(2);
  const script = new EventWriter(world.root);
  script.scalar('acc', 0.5, 1);
  script.close();
  look(3);
  expect(readdirSync(world.root)).toContain('metrics');
  tail.close();
});

test('the pace of a script that writes event files by itself', () => {
  const tail = world.tail({ plannedSteps: 100 });
  const script = new EventWriter(world.root);
  for (let step = 1; step <= 10; step++) {
    script.scalar('loss', 1 / step, step, 1000 + step * 2);
    script.scalar('epoch_loss', 1, 0, 1000 + step * 2);
  }
  script.close();
  tail.pollForeign();
  expect(tail.progress()).toMatchObject({ step: 10, totalSteps: 100, stepsPerSecond: 0.5, at: 1020 });
});

test('standings follow what a marker ends', async () => {
  const script = new EventWriter(world.root);
  for (let step = 0; step < 10; step++) script.scalar('loss', 10 - step, step);
  script.close();
  const tail = world.tail({ attempt: 2 });
  expect(tail.progress()?.changed).toMatchObject([{ lowest: { step: 9, value: 1 } }]);
  await writeMarker(world.root, 5);
  tail.pollForeign();
  expect(tail.progress()?.changed).toMatchObject([{ step: 4, lowest: { step: 4, value: 6 }, points: 5 }]);
});

test('files have the permission bits of the submitter', () => {
  world.append({ step: 1, loss: 1 });
  drain(world.tail({ fileMode: 0o640, directoryMode: 0o750 })).finish();
  const [name] = eventFiles(world.root);
  expect(statSync(world.root).mode & 0o777).toBe(0o750);
  expect(statSync(join(world.root, name!)).mode & 0o777).toBe(0o640);
});

test('hparams stand once, in the first file', () => {
  const hparams = { values: { lr: 0.1 }, group: 'g' };
  world.append({ step: 1, loss: 1 });
  drain(world.tail({ hparams })).close();
  world.append({ step: 2, loss: 2 });
  drain(world.tail({ hparams })).finish();
  const tags = eventFiles(world.root).map((name) => {
    const reader = new EventReader(join(world.root, name));
    const found = [...reader.events()].flatMap((event) =>
      event.kind === 'values' ? event.values.map(({ tag }) => tag) : [],
    );
    reader.close();
    return found;
  });
  expect(tags).toEqual([['_hparams_/session_start_info', 'loss'], ['loss']]);
});

test('where the curve cannot be written it is said, and done as soon as it can', () => {
  writeFileSync(join(world.dir, 'outputs'), 'in the way');
  world.append(...steps(1, 3));
  const tail = drain(world.tail());
  expect(tail.progress()?.problem).toMatch(/^its curve cannot be written: /);
  rmSync(join(world.dir, 'outputs'));
  world.append(...steps(4, 5));
  tail.turn(Date.now() + 5000);
  expect(world.curves()).toEqual({ loss: curve(1, 5) });
  expect(tail.progress()).toMatchObject({ problem: null, changed: [{ points: 5 }] });
  tail.close();
});
