import { fstatSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pino, { type Logger } from 'pino';
import { LogFile } from './log-file.js';

/** Structured log: `log.info({ event: 'run_started', runId, attempt })`. Constant event names, facts as fields. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

/** A log that can be flushed and followed by nothing. */
export interface OpenLog {
  log: Log;
  /** Where it goes, for people. */
  where: string;
  setLevel(level: string): void;
  close(): Promise<void>;
}

/** JSON lines on standard error where journald reads it, else in `<state>/log/expd.log`. */
export function openLog(
  stateDir: string,
  level: string,
  env: Readonly<Record<string, string | undefined>>,
): OpenLog {
  if (env.JOURNAL_STREAM && journalIsStderr(env.JOURNAL_STREAM)) {
    const log = pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));
    return { log, where: 'journal', setLevel: (next) => (log.level = next), close: async () => {} };
  }
  const file = join(stateDir, 'log', 'expd.log');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const sink = new LogFile(file);
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink);
  return { log, where: file, setLevel: (next) => (log.level = next), close: () => sink.close() };
}

/** systemd.exec(5): JOURNAL_STREAM is device:inode of the stream; a child with another stderr inherits the variable. */
function journalIsStderr(stream: string): boolean {
  try {
    const { dev, ino } = fstatSync(2);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
