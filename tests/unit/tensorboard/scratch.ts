import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { FOOTER_BYTES, frame, HEADER_BYTES } from '../../../src/tensorboard/record.js';
import { EventReader, type LoggedEvent } from '../../../src/tensorboard/tensorboard.js';

/** A directory of the test's own, removed with it. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'expd-events-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Everything that can be read of a file now. */
export function readAll(path: string, offset = 0): LoggedEvent[] {
  const reader = new EventReader(path, { offset });
  try {
    return [...reader.events()];
  } finally {
    reader.close();
  }
}

/** One record of these data. */
export function record(data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + data.length + FOOTER_BYTES);
  bytes.set(data, HEADER_BYTES);
  frame(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, HEADER_BYTES + data.length);
  return bytes;
}

/** A file of records with these data. */
export function fileOf(...records: readonly Uint8Array[]): string {
  const path = join(scratch(), 'events.out.tfevents.1700000000.host');
  appendFileSync(path, Buffer.concat(records.map(record)));
  return path;
}
