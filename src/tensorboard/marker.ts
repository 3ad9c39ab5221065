import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { curveTags } from './curve-tags.js';
import { versionEvent } from './event.js';
import { eventFileName, eventFiles, isAhead, newestSecond } from './event-files.js';
import { RecordBuffer } from './record-buffer.js';
import { rewindEvents } from './rewind.js';

/** Of this process: makes their names differ. */
let markers = 0;

export interface Marker {
  path: string;
  /** False where the newest event file is from the future, so that nothing written now is read after it: `dateBack`. */
  inOrder: boolean;
}

/**
 * Makes the curve of a program that writes its event files itself go on at `step`, whatever it knows of restarts: a
 * file with a rewind (EventWriter.rewind), read after all that are there and before any that a process started
 * after this call writes. That takes up to two seconds where the newest file is that young. Null, and no file, where
 * nothing was ever logged. `tags` as for EventWriter.rewind.
 */
export async function writeMarker(
  directory: string,
  step: number,
  tags?: Iterable<string>,
): Promise<Marker | null> {
  const names = eventFiles(directory);
  if (names.length === 0) return null;
  const newest = newestSecond(names);
  const missingMs = (): number => (newest + 2) * 1000 - Date.now();
  // A timer may be early.
  while (missingMs() > 0 && !isAhead(newest)) await pause(missingMs());
  const second = Math.min(newest + 1, Math.floor(Date.now() / 1000) - 1);
  const path = join(directory, eventFileName(second, `0.rewind-${step}.${process.pid}.${markers++}`));
  write(path, step, tags ?? curveTags(directory));
  return { path, inOrder: second > newest };
}

function write(path: string, step: number, tags: Iterable<string>): void {
  const wallTime = Date.now() / 1000;
  const fd = openSync(path, 'ax');
  try {
    const records = new RecordBuffer((bytes) => writeSync(fd, bytes));
    for (const event of [versionEvent(wallTime), ...rewindEvents({ step, wallTime }, tags)])
      records.append(event);
    records.flush();
  } finally {
    closeSync(fd);
  }
}
