import { execFile } from 'node:child_process';

/**
 * Standard output of a program, or null when it is missing, fails, or takes longer than `limitMs`: what it would
 * have said is then unknown, nothing more.
 */
export const ask = (
  program: string,
  args: readonly string[],
  options: { limitMs: number; env: Readonly<Record<string, string>>; cwd?: string; maxBytes?: number },
): Promise<string | null> =>
  new Promise((answer) => {
    execFile(
      program,
      args,
      {
        cwd: options.cwd ?? '/',
        env: { ...options.env },
        timeout: options.limitMs,
        killSignal: 'SIGKILL',
        maxBuffer: options.maxBytes ?? 1 << 20,
        windowsHide: true,
      },
      (error, stdout) => answer(error === null ? stdout : null),
    ).stdin?.end();
  });
