import { execFile } from 'node:child_process';

const PATIENCE_MS = 3000;

/** What a program of the machine prints; null when it is not there, fails, or takes longer than three seconds. */
export function ask(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, words, { env, timeout: PATIENCE_MS, killSignal: 'SIGKILL' }, (error, stdout) =>
      resolve(error === null ? stdout : null),
    );
  });
}
