import { statfs } from 'node:fs/promises';
import { showBytes } from '../quantity.js';

/** Why the file system of a directory has too little room for a start, in one line, or null. */
export async function tooLittleRoom(directory: string, lowWaterBytes: number): Promise<string | null> {
  if (lowWaterBytes === 0) return null;
  const free = await freeBytes(directory);
  if (free === null || free >= lowWaterBytes) return null;
  return `${directory}: ${showBytes(free)} free, less than low_water (${showBytes(lowWaterBytes)})`;
}

/** What we may still write there; null where that cannot be told (the start itself will say). */
async function freeBytes(directory: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}
