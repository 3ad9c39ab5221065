import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClientError } from '../errors.js';

/** The directory that a person means, absolute. @throws ClientError when it is none */
export function directory(path: string, cwd: string): string {
  const absolute = resolve(cwd, path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() === true) return absolute;
  throw new ClientError('usage', `there is no directory ${absolute}`, 'make it first, or name another');
}
