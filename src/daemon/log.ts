import type { Logger } from 'pino';

/** Structured log: `log.info({ event: 'run_started', runId, attempt })`. Constant event names, facts as fields. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;
