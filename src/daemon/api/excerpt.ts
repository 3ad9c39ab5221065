import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { lastTraceback } from '../rundir/traceback.js';

const LONGEST = 64 * 1024;

/** What to show of a log's end: the traceback in which it ends, else its last lines. Empty where there is none. */
export async function excerpt(path: string, lines: number): Promise<Buffer> {
  const tail = await end(path).catch(() => Buffer.alloc(0));
  const traceback = lastTraceback(tail.toString('utf8'));
  if (traceback !== null) return Buffer.from(`${traceback}\n`);
  return lastLinesOf(tail, lines);
}

function lastLinesOf(tail: Buffer, lines: number): Buffer {
  let from = tail.length;
  for (let left = lines; left > 0 && from > 0; left--) from = tail.lastIndexOf('\n', from - 2) + 1 || 0;
  return tail.subarray(from);
}

async function end(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, LONGEST);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
