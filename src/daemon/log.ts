import { fstatSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { LogFile } from './log-file.js';
import { LogStream } from './log-stream.js';

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
  if (env.JOURNAL_STREAM && journalIsStderr(env.JOURNAL_STREAM))
    return opened(new LogStream(process.stderr), { level, base: null }, 'journal');
  const file = join(stateDir, 'log', 'expd.log');
  const stamped = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return opened(new LogFile(file), stamped, file);
}

function opened(sink: LogFile | LogStream, options: pino.LoggerOptions, where: string): OpenLog {
  const log = pino(options, sink);
  // A bug outside of every await ends the daemon, and its own log is where somebody will look for why.
  const crashed = (err: Error, origin: string): void => log.fatal({ event: 'crashed', origin, err });
  process.on('uncaughtExceptionMonitor', crashed);
  return {
    log,
    where,
    setLevel: (next) => (log.level = next),
    close: async () => {
      process.off('uncaughtExceptionMonitor', crashed);
      await sink.close();
    },
  };
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
