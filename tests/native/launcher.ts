import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Attempt, PATH, SHIM } from './attempt.js';

export interface Launcher {
  process: ChildProcess;
  start(attempt: Attempt): void;
  /** The next line that begins so, seen already or yet to come. */
  line(prefix: string): Promise<string>;
  lines: string[];
  /** Closes its input and waits for its end: the status or signal. */
  close(): Promise<number | string>;
}

/** A launcher; `under` runs it below another program. */
export function launcher(under: string[] = [], shim = SHIM): Launcher {
  const [file, ...args] = [...under, shim, 'launcher'];
  const process = spawn(file!, args, { stdio: ['pipe', 'pipe', 'ignore'], env: { PATH } });
  const over = new Promise<number | string>((done) => {
    process.on('exit', (code, signal) => done(code ?? signal!));
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface(process.stdout!).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  return {
    process,
    lines,
    start: (attempt) => process.stdin!.write(`${attempt.dir}\0`),
    line: (prefix) =>
      new Promise((done) => {
        const look = (): void => {
          const found = lines.find((line) => line.startsWith(prefix));
          if (found === undefined) return;
          waiting.delete(look);
          done(found);
        };
        waiting.add(look);
        look();
      }),
    close: () => {
      process.stdin!.end();
      return over;
    },
  };
}
