import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { parseMetricsLine } from '../metrics/metrics-line.js';
import { metricsStart } from '../rundir/metadata.js';
import { runPaths } from '../rundir/paths.js';
import { readRegular } from '../rundir/publish.js';

/** Whether an attempt wrote `{"event":"done"}`; in a shared directory only what it wrote itself counts. */
export async function attemptSaysDone(runDir: string, attempt: number): Promise<boolean> {
  const { records, metricsFile } = runPaths(runDir, attempt, false);
  const metadata = attempt === 1 ? null : await readRegular(join(records, 'metadata.json'));
  return saysDone(metricsFile, metadata === null ? 0 : metricsStart(metadata.toString()));
}

/** The event is the last thing a script writes; a flood of metrics after it is not ours to search. */
const TAIL_BYTES = 64 << 10;

/**
 * Whether a metrics file says `{"event":"done"}` near its end. `from`: its size when the attempt began, for a file
 * that attempts share. A link or anything but a regular file says nothing. Never throws.
 */
export async function saysDone(metricsFile: string, from = 0): Promise<boolean> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(metricsFile, flags).catch(() => null);
  if (file === null) return false;
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size <= from) return false;
    const start = Math.max(from, found.size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(found.size - start),
      0,
      found.size - start,
      start,
    );
    return buffer.toString('utf8', 0, bytesRead).split('\n').some(isDone);
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

function isDone(text: string): boolean {
  const line = text.includes('"done"') ? parseMetricsLine(text) : null;
  return line?.kind === 'event' && line.event === 'done';
}
