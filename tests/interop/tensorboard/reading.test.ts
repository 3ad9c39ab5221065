import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import {
  EventReader,
  encodePng,
  type LoggedEvent,
  type LoggedValue,
} from '../../../src/tensorboard/tensorboard.js';
import { interopPython } from '../../helpers/interop-python.js';

const { python, test } = interopPython('training');
const scratch = mkdtempSync(join(tmpdir(), 'expd-reading-'));

/** An event as dump.py prints it. */
interface Dumped {
  wallTime: number;
  step: number;
  what: string;
  version?: string;
  status?: number;
  values?: { tag: string; plugin: string; data?: unknown }[];
}

let files: Record<string, Dumped[]> = {};
beforeAll(() => {
  const here = (script: string) => join(import.meta.dirname, script);
  execFileSync(python, [here('everything.py'), scratch], { stdio: 'ignore' });
  const dump = execFileSync(python, [here('dump.py'), scratch], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  files = JSON.parse(dump);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Events of one kind of writer, in its own files and those of its sub-runs: [what TensorBoard reads, what we read]. */
function readings(writer: string): [Dumped[], Dumped[]] {
  const paths = Object.keys(files).filter((path) => path.startsWith(join(scratch, writer)));
  return [paths.flatMap((path) => files[path]!.map(comparable).filter(isLogged)), paths.flatMap(read)];
}

/** TensorBoard adds a summary to a graph. */
const isLogged = ({ values }: Dumped): boolean => values?.[0]?.tag !== '__run_graph__';

const WHAT = {
  version: 'file_version',
  session: 'session_log',
  values: 'summary',
  other: 'graph_def',
} as const;
const STATUS = { unspecified: 0, start: 1, stop: 2, checkpoint: 3 } as const;

function read(path: string): Dumped[] {
  const reader = new EventReader(path);
  const events = [...reader.events()].map(dumped).map(comparable);
  expect({ tail: reader.tail, skipped: reader.skipped }).toEqual({ tail: 'clean', skipped: 0 });
  reader.close();
  return events;
}

function dumped(event: LoggedEvent): Dumped {
  const { wallTime, step } = event;
  return {
    wallTime,
    step,
    what: WHAT[event.kind],
    ...(event.kind === 'version' && { version: event.version }),
    ...(event.kind === 'session' && { status: STATUS[event.status] }),
    ...(event.kind === 'values' && { values: event.values.map(dumpedValue) }),
  };
}

function dumpedValue(value: LoggedValue): { tag: string; plugin: string; data?: unknown } {
  const { tag } = value;
  switch (value.kind) {
    case 'scalar':
      return { tag, plugin: 'scalars', data: value.value };
    case 'image':
      return { tag, plugin: 'images', data: value.images.map((image) => Buffer.from(image).toString('hex')) };
    case 'text':
      return { tag, plugin: 'text', data: value.texts };
    case 'histogram':
      return {
        tag,
        plugin: 'histograms',
        data: value.buckets.map(({ left, right, count }) => [left, right, count]),
      };
    case 'tombstone':
      return { tag, plugin: '' };
    case 'other':
      return { tag, plugin: value.plugin, data: null };
  }
}

/** Python prints scalars as text, for NaN, and keeps converted histograms as floats of 32 bits. */
const comparable = (event: Dumped): Dumped =>
  event.values === undefined
    ? event
    : {
        ...event,
        values: event.values.map((value) => ({ ...value, data: comparableData(value.plugin, value.data) })),
      };

function comparableData(plugin: string, data: unknown): unknown {
  if (plugin === 'scalars') return Number(data);
  return plugin === 'histograms' && Array.isArray(data) ? data.flat().map(Math.fround) : data;
}

for (const writer of ['tensorboardX', 'native', 'tensorflow'])
  test(`what ${writer} wrote is read as TensorBoard reads it`, () => {
    const [theirs, ours] = readings(writer);
    expect(theirs.length).toBeGreaterThan(20);
    expect(ours).toEqual(theirs);
  });

test('an image of encodePng has its pixels for another decoder', () => {
  const decode = 'import sys, PIL.Image as i; sys.stdout.buffer.write(i.open(sys.stdin.buffer).tobytes())';
  for (const channels of [1, 2, 3, 4] as const) {
    const data = Uint8Array.from({ length: 7 * 5 * channels }, (_, n) => (n * 37) % 256);
    const png = encodePng({ width: 7, height: 5, channels, data });
    expect(execFileSync(python, ['-c', decode], { input: png })).toEqual(Buffer.from(data));
  }
});
