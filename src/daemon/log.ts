import { existsSync, fstatSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pino, { type Logger } from 'pino';

/** Structured log: `log.info({ event: 'run_started', runId, attempt })`. Constant event names, facts as fields. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

const ROTATE_BYTES = 10 * 2 ** 20;
const KEEP = 5;

/** A log that can be flushed and followed by nothing. */
export interface OpenLog {
  log: Log;
  /** Where it goes, for people. */
  where: string;
  setLevel(level: string): void;
  close(): void;
}

/** JSON lines on standard error where journald reads it, else in `<state>/log/expd.log`, rotated at 10 MiB, five kept. */
export function openLog(
  stateDir: string,
  level: string,
  env: Readonly<Record<string, string | undefined>>,
): OpenLog {
  if (env.JOURNAL_STREAM && journalIsStderr(env.JOURNAL_STREAM)) {
    const log = pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));
    return { log, where: 'journal', setLevel: (next) => (log.level = next), close: () => {} };
  }
  const file = join(stateDir, 'log', 'expd.log');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const sink = pino.destination({ dest: file, append: true, sync: false, mode: 0o600 });
  let size = sizeOf(file);
  const log = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    {
      write(line: string) {
        size += line.length;
        sink.write(line);
        if (size < ROTATE_BYTES) return;
        size = 0;
        rotate(file);
        sink.reopen();
      },
    },
  );
  const close = (): void => {
    try {
      sink.flushSync();
    } catch {} // Not yet opened: nothing was written.
    sink.end();
  };
  return { log, where: file, setLevel: (next) => (log.level = next), close };
}

/** `expd.log` → `expd.log.1` → … The sink keeps writing to the renamed file until it reopens. */
function rotate(file: string): void {
  for (let n = KEEP - 1; n >= 0; n--) {
    const from = n === 0 ? file : `${file}.${n}`;
    if (existsSync(from)) renameSync(from, `${file}.${n + 1}`);
  }
}

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/** systemd.exec(5): JOURNAL_STREAM is device:inode of the stream; a child with another stderr inherits the variable. */
function journalIsStderr(stream: string): boolean {
  try {
    const { dev, ino } = fstatSync(2);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
