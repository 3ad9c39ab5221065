import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { ClientError } from '../errors.js';

/**
 * Packs directories into a tar.gz, whole or not at all, and answers its size. In it they lie as below the project;
 * others by their absolute path. @throws ClientError where the file is there, or tar fails
 */
export async function pack(file: string, project: string, directories: readonly string[]): Promise<number> {
  if (existsSync(file))
    throw new ClientError('output', `${file} is there already`, 'name another with -o, or remove it');
  const part = `${file}.part`;
  const inside = (path: string): string => {
    const below = relative(project, path);
    return below.startsWith('..') ? path : below;
  };
  try {
    await tar(['-czf', part, '-C', project, '--', ...directories.map(inside)]);
    renameSync(part, file);
    return statSync(file).size;
  } finally {
    rmSync(part, { force: true });
  }
}

async function tar(words: string[]): Promise<void> {
  const child = spawn('tar', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk;
  });
  const failed = once(child, 'error').then(([cause]) => {
    throw new ClientError('output', 'tar is not installed here', 'install it', { cause });
  });
  const [code] = await Promise.race([once(child, 'close'), failed]);
  if (code === 0) return;
  throw new ClientError(
    'output',
    `tar failed: ${complaint.trim().split('\n').at(-1)}`,
    'is there room on the disk?',
  );
}
