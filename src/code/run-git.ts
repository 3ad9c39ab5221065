import { spawn } from 'node:child_process';

export interface GitAnswer {
  end: 'ok' | 'failed' | 'missing' | 'overdue' | 'too_long';
  stdout: Buffer;
  stderr: string;
}

/** Never waits for a lock or a person, runs no hook or monitor of the repository, speaks English. */
const ENVIRONMENT = { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_PAGER: 'cat', LC_ALL: 'C' };
const SETTINGS = ['-c', 'core.fsmonitor=false', '-c', 'core.quotePath=false'];

/** One git command. More than `maxBytes` of output, or the signal, ends it; it never rejects. */
export function git(
  args: readonly string[],
  options: {
    cwd: string;
    env: Readonly<Record<string, string | undefined>>;
    signal: AbortSignal;
    maxBytes: number;
  },
): Promise<GitAnswer> {
  return new Promise((answer) => {
    const child = spawn('git', [...SETTINGS, ...args], {
      cwd: options.cwd,
      env: { ...options.env, ...ENVIRONMENT },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stderr = '';
    let cut: 'overdue' | 'too_long' | null = null;
    const stop = (why: 'overdue' | 'too_long'): void => {
      cut ??= why;
      child.kill('SIGKILL');
      // A filter or helper that it started may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const overdue = (): void => stop('overdue');
    options.signal.addEventListener('abort', overdue, { once: true });
    if (options.signal.aborted) overdue();
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > options.maxBytes) stop('too_long');
      else chunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < 4096) stderr += chunk.toString();
    });
    const done = (end: GitAnswer['end']): void => {
      options.signal.removeEventListener('abort', overdue);
      answer({ end, stdout: Buffer.concat(chunks), stderr });
    };
    // Also for a working directory that is gone: then git is not what is missing, but nothing is known either.
    child.on('error', () => done('missing'));
    child.on('close', (code) => done(cut ?? (code === 0 ? 'ok' : 'failed')));
  });
}
