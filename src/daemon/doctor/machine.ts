/** What the checks look at; the probe gathers it, and a test writes it down. */
export interface Machine {
  /** Unix ms. */
  now: number;
  /** `process.version` without the `v`. */
  node: string;
  user: string;
  uid: number;
  /** What the supervisor's program says of itself, or why it does not run. */
  shim: { version: string } | { failure: string };
  state: Place;
  run: Place;
  config: Place;
  /** Of the file system of the state directory. */
  disk: { freeBytes: number; freeInodes: number; inodes: number };
  lowWaterBytes: number;
  /** Why the settings as they stand now are not in force; null when they are. */
  settingsRefused: string | null;
  /** Space held back for the day the disk is full. */
  ballast: boolean;
  /** What is wrong with the database; null when every page was read and is good. */
  database: string | null;
  limits: { openFiles: number; processes: number };
  inotify: { instances: number; watches: number };
  /** Whether the clock is kept by a time server; null where nobody can say. */
  clockSynchronised: boolean | null;
  cgroup: { dir: string | null; memory: boolean };
  /** /proc hides processes whose credentials differ. */
  procHidden: boolean;
  git: boolean;
  /** Processes of attempts that are over. */
  orphans: { pid: number; attemptId: string }[];
  boot: Boot;
}

export interface Place {
  path: string;
  exists: boolean;
  uid: number;
  /** Permission bits. */
  mode: number;
  filesystem: string;
  network: boolean;
}

/** What becomes of the daemon at a reboot or logout. */
export interface Boot {
  /** systemd is the init (sd_booted(3)). */
  systemd: boolean;
  lingering: boolean;
  /** The user unit as it is installed, and as this version ships it. */
  unit: { text: string; shipped: string; enabled: boolean; missingProgram: string | null } | null;
  /** A system unit for this uid, or a crontab line, starts it. */
  otherwise: 'system unit' | 'crontab' | null;
}

export type Level = 'ok' | 'warn' | 'fail';

/** `fail`: a promise of the product does not hold. `warn`: something is missing, or soon will be. */
export interface Finding {
  /** Stable; docs/doctor.md lists them. */
  id: string;
  level: Level;
  message: string;
  /** What to do; empty when all is well. */
  hint: string;
}

/** A finding without its id. */
export type Verdict = Omit<Finding, 'id'>;

export const ok = (message: string): Verdict => ({ level: 'ok', message, hint: '' });
export const warn = (message: string, hint: string): Verdict => ({ level: 'warn', message, hint });
export const fail = (message: string, hint: string): Verdict => ({ level: 'fail', message, hint });
