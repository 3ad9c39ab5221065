import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

/** git without the configuration of whoever runs the tests. */
const ENV = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};
export const OPTIONS = { env: ENV, limitMs: 20_000 };

export async function scratch(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'expd-code-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export const git = async (cwd: string, ...args: string[]): Promise<string> =>
  (
    await promisify(execFile)('git', ['-c', 'protocol.file.allow=always', ...args], { cwd, env: ENV })
  ).stdout.trim();

export async function repository(): Promise<string> {
  const directory = await scratch();
  await git(directory, 'init', '-q', '-b', 'main');
  return directory;
}
