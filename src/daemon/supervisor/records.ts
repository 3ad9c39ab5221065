import { constants } from 'node:os';
import type { ExitRecord } from '../run/outcome.js';
import { STOP_REASONS, type StopReason } from '../run/stop.js';
import type { ProcessId } from './identity.js';

/**
 * The records a shim leaves in its attempt's directory (native/PROTOCOL.md). Shims outlive upgrades in both
 * directions, so a field may be missing or unknown; but nothing is ever made up: a record that does not say
 * how the run ended is unreadable, not code 0.
 */
export interface Started {
  boot: string | null;
  shim: ProcessId;
  main: ProcessId;
  /** Unix ms; null where the record does not say. */
  at: number | null;
  cgroup: string | null;
}

export interface Usage {
  ranMs: number;
  userMs: number;
  systemMs: number;
  maxRssBytes: number;
}

/** `exit`, and `main`: the same without what became of the descendants. */
export interface Exit {
  record: ExitRecord;
  usage: Usage | null;
  /** Unix ms. */
  at: number | null;
}

/** A process that SIGKILL does not end: it hangs in the kernel at `wchan`. */
export interface Stuck {
  pid: number;
  wchan: string;
}

/** Each of these gives null for a text that is no such record, or one of another attempt. */
export function parseStarted(text: string, attemptId: string): Started | null {
  const record = parse(text, attemptId);
  const main = processId(record?.main);
  if (record === null || main === null) return null;
  return {
    boot: string(record.boot),
    shim: processId(record.shim) ?? { pid: 0, start: 0 },
    main,
    at: count(record.at),
    cgroup: string(record.cgroup),
  };
}

export function parseExit(text: string, attemptId: string): Exit | null {
  const record = parse(text, attemptId);
  if (record === null) return null;
  const code = status(record.code);
  const signal = string(record.signal);
  const errno = count(record.exec_errno) ?? 0;
  const exec = typeof record.exec === 'boolean' ? record.exec : errno === 0;
  if (exec && code === null && signal === null) return null;
  return {
    record: {
      code,
      signal,
      exec,
      error: string(record.error) ?? (!exec && errno !== 0 ? 'exec' : null),
      errno: errno === 0 ? null : errnoName(errno),
      stop: stopReason(record.stop),
      outside: string(record.outside),
      oomKills: count(record.oom_kills) ?? 0,
    },
    usage: usage(record),
    at: count(record.at),
  };
}

export function parseStuck(text: string, attemptId: string): Stuck | null {
  const record = parse(text, attemptId);
  const pid = count(record?.pid);
  return record === null || pid === null ? null : { pid, wchan: string(record.wchan) ?? '?' };
}

/** The value of a key in a `spec` file (NUL-terminated `key=value` strings); null: not there. */
export function specValue(spec: string, key: string): string | null {
  const line = spec.split('\0').find((line) => line.startsWith(`${key}=`));
  return line === undefined ? null : line.slice(key.length + 1);
}

type Fields = Readonly<Record<string, unknown>>;

function parse(text: string, attemptId: string): Fields | null {
  const fields = object(text);
  return fields?.attempt === attemptId ? fields : null;
}

function object(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const string = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
const status = (value: unknown): number | null => {
  const code = count(value);
  return code !== null && code <= 255 ? code : null;
};
const stopReason = (value: unknown): StopReason | null =>
  STOP_REASONS.find((reason) => reason === value) ?? null;

function processId(value: unknown): ProcessId | null {
  if (!isFields(value)) return null;
  const [pid, start] = [count(value.pid), count(value.start)];
  return pid === null || pid === 0 || start === null ? null : { pid, start };
}

function usage(record: Fields): Usage | null {
  const [ranMs, userMs, systemMs] = [count(record.ran_ms), count(record.utime_ms), count(record.stime_ms)];
  if (ranMs === null) return null;
  return {
    ranMs,
    userMs: userMs ?? 0,
    systemMs: systemMs ?? 0,
    maxRssBytes: (count(record.maxrss_kb) ?? 0) * 1024,
  };
}

/** Reversed so that of two names for a number the first stays: EAGAIN, not EWOULDBLOCK. */
const ERRNO_NAMES = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);
const errnoName = (number: number): string => ERRNO_NAMES.get(number) ?? `errno ${number}`;
