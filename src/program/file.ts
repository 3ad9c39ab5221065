import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';

export const isFile = (path: string): boolean => statSync(path, QUIETLY)?.isFile() === true;
export const isDirectory = (path: string): boolean => statSync(path, QUIETLY)?.isDirectory() === true;

/** A source longer than this is no script. */
const LONGEST = 4 << 20;

/** The text of a regular file, null where there is none that can be read: never waits for a pipe or a device. */
export function readText(path: string): string | null {
  try {
    const found = statSync(path, QUIETLY);
    return found?.isFile() && found.size <= LONGEST ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
}

/** The first bytes of a regular file as text; empty where it cannot be read. */
export function readHead(path: string, bytes: number): string {
  if (!isFile(path)) return '';
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, bytes, 0));
  } catch {
    return '';
  } finally {
    closeSync(descriptor);
  }
}

/** Names in a directory, sorted; none where it cannot be listed. */
export function entries(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

const QUIETLY = { throwIfNoEntry: false } as const;
