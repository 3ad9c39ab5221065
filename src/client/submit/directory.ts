import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClientError } from '../errors.js';

/** The directory that a person means, absolute. @throws ClientError when it is none */
export function directory(path: string, cwd: string): string {
  const absolute = resolve(cwd, path);
  if (isDirectory(absolute)) return absolute;
  throw new ClientError('usage', `there is no directory ${absolute}`, 'make it first, or name another');
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw new ClientError('usage', `${path} cannot be looked at (${code})`, 'name another directory', {
      cause,
    });
  }
}
