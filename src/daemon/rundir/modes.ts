import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { chmod, mkdir } from './disk.js';

/**
 * Permission bits for what is made in a project: what the submitter's shell would have given, not what the
 * daemon's own umask (often 077) allows. The owner always keeps access.
 */
export const directoryMode = (umask: number): number => (0o777 & ~umask) | 0o700;
export const fileMode = (umask: number): number => (0o666 & ~umask) | 0o600;

/** Whether the daemon's umask takes bits away from a mode, so that it has to be set once more. */
export const isMasked = (mode: number): boolean => (mode & daemonUmask()) !== 0;

/** One new directory; EEXIST and ENOENT as of mkdir(2). */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode });
  if (isMasked(mode)) await chmod(path, mode);
}

/** The directory and what is missing above it; one that is there is left as it is. */
export async function makeDirectories(path: string, mode: number): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode });
  if (first === undefined || !isMasked(mode)) return;
  const made: string[] = [];
  for (let one = path; one.length >= first.length; one = dirname(one)) made.push(one);
  await Promise.all(made.map((one) => chmod(one, mode)));
}

let umask: number | null = null;
/** Read from /proc: process.umask() sets it to find it out, which a file made meanwhile would feel. */
function daemonUmask(): number {
  umask ??= Number.parseInt(
    /^Umask:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '77',
    8,
  );
  return umask;
}
