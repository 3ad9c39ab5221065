import { readdir, readFile, stat } from 'node:fs/promises';
import type { Machine } from './machine.js';

/** Processes of ours whose environment names an attempt that is over: nothing supervises them any more. */
export async function findOrphans(
  uid: number,
  hasEnded: (attemptId: string) => boolean,
): Promise<Machine['orphans']> {
  const found: Machine['orphans'] = [];
  // One at a time: a machine may have thousands, and nobody waits for this.
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const attemptId = await attemptOf(pid, uid);
    if (attemptId !== null && hasEnded(attemptId)) found.push({ pid: Number(pid), attemptId });
  }
  return found;
}

/** Null for what is not ours, ends while it is looked at, or belongs to no attempt. */
async function attemptOf(pid: string, uid: number): Promise<string | null> {
  try {
    if ((await stat(`/proc/${pid}`)).uid !== uid) return null;
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
    return /(?:^|\0)EXPD_ATTEMPT_ID=([^\0]*)/.exec(environment)?.[1] ?? null;
  } catch {
    return null;
  }
}
