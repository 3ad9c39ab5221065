import { readFileSync } from 'node:fs';

// Processes come and go between two looks.

/** The words of its command line, each ended by NUL; empty for one that is gone. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** Those that are gone meanwhile need none. */
export function signalAll(pids: Iterable<number>, signal: NodeJS.Signals = 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

/** As proc(5) has it. */
const stateOf = (pid: number): string | undefined =>
  readFileSync(`/proc/${pid}/stat`, 'latin1').match(/\) (\w) /)?.[1];

/** Stopped; or within vfork(2), where a shell waits in state D for a child that is stopped. */
export const isStopped = (pid: number): boolean => {
  if (stateOf(pid) === 'T') return true;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
  return (
    stateOf(pid) === 'D' && children.length > 0 && children.every((child) => stateOf(Number(child)) === 'T')
  );
};
