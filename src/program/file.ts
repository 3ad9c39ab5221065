import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';

export const isFile = (path: string): boolean => found(path)?.isFile() === true;
export const isDirectory = (path: string): boolean => found(path)?.isDirectory() === true;

/** What lies at a path; undefined where nothing can be seen there, also for a name that no file can have. */
function found(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** A source longer than this is no script. */
const LONGEST = 4 << 20;

/** The text of a regular file, null where there is none that can be read: never waits for a pipe or a device. */
export function readText(path: string): string | null {
  try {
    const file = found(path);
    return file?.isFile() && file.size <= LONGEST ? readFileSync(path, 'utf8') : null;
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

/** The path itself where it may be executed. */
export function executableFile(path: string): string | null {
  return isFile(path) && mayExecute(path) ? path : null;
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A directory and those above it, links resolved. */
export function ancestors(directory: string): string[] {
  const found = [isDirectory(directory) ? realpathSync.native(directory) : resolve(directory)];
  while (dirname(found.at(-1)!) !== found.at(-1)) found.push(dirname(found.at(-1)!));
  return found;
}
