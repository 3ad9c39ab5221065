import { execFile } from 'node:child_process';
import type { Log } from './log.js';

const PATIENCE_MS = 10_000;

/**
 * Tells the service manager that waits for it that we are ready (sd_notify(3)); does nothing where none waits.
 * By the supervisor's program: Node has no datagram sockets.
 */
export function tellReady(
  shim: string,
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<void> {
  const { NOTIFY_SOCKET } = env;
  if (!NOTIFY_SOCKET) return Promise.resolve();
  return new Promise((resolve) => {
    const words = ['notify', `READY=1\nMAINPID=${process.pid}`];
    execFile(shim, words, { env: { NOTIFY_SOCKET }, timeout: PATIENCE_MS }, (err) => {
      if (err) log.warn({ event: 'readiness_not_told', err });
      resolve();
    });
  });
}
