import { readFileSync } from 'node:fs';

/**
 * A process, named so that a reused pid is not mistaken for it: pid and start time in clock ticks since
 * boot (field 22 of /proc/PID/stat, proc(5)). Holds within one boot.
 */
export interface ProcessId {
  pid: number;
  start: number;
}

/** Names this boot of the machine; new after every reboot (random(4)). */
export const readBootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** The identity in the text of /proc/PID/stat and whether the process is over; null: not such a text. */
export function parseStat(text: string): { id: ProcessId; over: boolean } | null {
  // The command name, in parentheses, may hold anything: spaces, parentheses, newlines.
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const [pid, start, threads] = [Number.parseInt(text, 10), Number(fields[19]), Number(fields[17])];
  if (end < 0 || !(pid > 0) || !Number.isSafeInteger(start)) return null;
  // A thread leader that has ended is a zombie while its other threads work on.
  const over = (fields[0] === 'Z' && threads <= 1) || fields[0] === 'X';
  return { id: { pid, start }, over };
}

/** Whether that very process lives. A pid that cannot be read is no process (ENOENT, ESRCH); other errors are thrown. */
export function isAlive(process: ProcessId): boolean {
  const now = parseStat(readStat(process.pid));
  return now !== null && !now.over && now.id.start === process.start;
}

/** Who has the pid now; null: nobody. */
export const identify = (pid: number): ProcessId | null => parseStat(readStat(pid))?.id ?? null;

/** No disk is behind /proc: reading it does not block. */
function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ESRCH'))
      return '';
    throw cause;
  }
}

/** USER_HZ: 100 on every architecture that Node runs on under Linux. */
const TICKS_PER_S = 100;

/** Milliseconds since a process started, by the clock that no setting of the time moves. */
export const ageMs = ({ start }: ProcessId): number =>
  Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000 - (start / TICKS_PER_S) * 1000;
