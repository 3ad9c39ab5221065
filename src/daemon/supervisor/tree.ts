import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { killCgroup, removeCgroup } from './cgroup.js';

const execute = promisify(execFile);

/**
 * Signals every process of ours whose environment names the attempt; for attempts without a living shim.
 * The shim's program does it, by pidfd: a pid that was reused meanwhile is never hit.
 * @returns how many it met.
 */
export async function signalAttempt(
  shim: string,
  attemptId: string,
  signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT',
): Promise<number> {
  const { stdout } = await execute(shim, ['kill', attemptId, signal], { env: {} });
  return Number(stdout);
}

/** Ends what is left of an attempt: its cgroup, then what escaped from that. */
export async function killAttempt(shim: string, attemptId: string, cgroup: string | null): Promise<void> {
  // A record names the cgroup, and records can be damaged: only ever one that was made for this attempt.
  const own = cgroup?.endsWith(attemptId) ? cgroup : null;
  if (own !== null) await killCgroup(own);
  await signalAttempt(shim, attemptId, 'SIGKILL');
  if (own !== null) await removeCgroup(own);
}
