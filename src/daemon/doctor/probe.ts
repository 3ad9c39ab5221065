import { access, readFile, stat, statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { filesystemOf, type Mount, readMounts } from '../guard/filesystem.js';
import { ask } from './ask.js';
import { probeBoot } from './boot-probe.js';
import type { Machine, Place } from './machine.js';
import { findOrphans } from './orphans.js';

/** What the probe cannot see by itself. */
export interface Probing {
  places: { state: string; run: string; settings: string };
  env: Readonly<Record<string, string | undefined>>;
  /** The user unit as this version ships it. */
  shippedUnit: string;
  now(): number;
  lowWaterBytes(): number;
  /** Why the settings as they stand now are not in force; null when they are. */
  settingsRefused(): string | null;
  /** Executes the supervisor's program; rejects with why it does not run. */
  shimVersion(): Promise<string>;
  /** Reads every page; rejects with what is wrong. */
  checkDatabase(): Promise<void>;
  /** Where attempts get their cgroups. */
  cgroup(): string | null;
  /** Whether it is an attempt of ours that is over. */
  hasEnded(attemptId: string): boolean;
}

/** This machine, as it is now. Never rejects: what cannot be seen is said to be so in the result. */
export async function probe(given: Probing): Promise<Machine> {
  const { username, uid } = userInfo();
  const mounts = await readMounts();
  const config = dirname(given.places.settings);
  const [
    shim,
    database,
    state,
    run,
    settings,
    disk,
    ballast,
    limits,
    inotify,
    synchronised,
    cgroup,
    orphans,
  ] = await Promise.all([
    given.shimVersion().then((version) => ({ version }), failure),
    given.checkDatabase().then(
      () => null,
      (reason: unknown) => failure(reason).failure,
    ),
    place(given.places.state, mounts),
    place(given.places.run, mounts),
    place(config, mounts),
    diskOf(given.places.state),
    stat(join(given.places.state, 'ballast')).then(
      ({ size }) => size > 0,
      () => false,
    ),
    readLimits(),
    readInotify(),
    clockSynchronised(),
    cgroupOf(given.cgroup()),
    findOrphans(uid, given.hasEnded),
  ]);
  return {
    now: given.now(),
    node: process.version.slice(1),
    user: username,
    uid,
    shim,
    state,
    run,
    config: settings,
    disk,
    lowWaterBytes: given.lowWaterBytes(),
    settingsRefused: given.settingsRefused(),
    ballast,
    database,
    limits,
    inotify,
    clockSynchronised: synchronised,
    cgroup,
    procHidden: mounts.some(({ point, options }) => point === '/proc' && HIDEPID.test(options)),
    git: (await ask('git', ['--version'], given.env)) !== null,
    orphans,
    boot: await probeBoot({ user: username, uid, env: given.env, shipped: given.shippedUnit }),
  };
}

/** proc(5): 0 and `off` hide nothing. */
const HIDEPID = /\bhidepid=(?!0\b|off\b)/;

const failure = (reason: unknown): { failure: string } => ({
  failure: reason instanceof Error ? reason.message : String(reason),
});

async function place(path: string, mounts: readonly Mount[]): Promise<Place> {
  const { type, network } = await filesystemOf(path, mounts);
  const found = await stat(path).catch(() => null);
  return {
    path,
    exists: found !== null,
    uid: found?.uid ?? -1,
    mode: (found?.mode ?? 0) & 0o7777,
    filesystem: type,
    network,
  };
}

async function diskOf(directory: string): Promise<Machine['disk']> {
  const found = await statfs(directory).catch(() => null);
  if (found === null) return { freeBytes: 0, freeInodes: 0, inodes: 0 };
  return { freeBytes: found.bavail * found.bsize, freeInodes: found.ffree, inodes: found.files };
}

/** The soft limits, which runs inherit no more than the hard ones; and the pids limit of our cgroup. */
async function readLimits(): Promise<Machine['limits']> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const limit = (name: string): number => {
    const soft = new RegExp(`^${name} +(\\S+)`, 'm').exec(text)?.[1];
    return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  };
  return {
    openFiles: limit('Max open files'),
    processes: Math.min(limit('Max processes'), await pidsMax()),
  };
}

async function pidsMax(): Promise<number> {
  const membership = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const path = /^0::(.*)$/m.exec(membership)?.[1] ?? '';
  const text = await readFile(join('/sys/fs/cgroup', path, 'pids.max'), 'utf8').catch(() => 'max');
  return text.trim() === 'max' ? Number.POSITIVE_INFINITY : Number(text);
}

async function readInotify(): Promise<Machine['inotify']> {
  const read = async (name: string): Promise<number> =>
    Number(await readFile(`/proc/sys/fs/inotify/${name}`, 'utf8').catch(() => 'Infinity'));
  return { instances: await read('max_user_instances'), watches: await read('max_user_watches') };
}

async function clockSynchronised(): Promise<boolean | null> {
  if (!(await exists('/run/systemd/system'))) return null;
  const answer = await ask('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  return answer === null ? null : answer.trim() === 'yes';
}

async function cgroupOf(dir: string | null): Promise<Machine['cgroup']> {
  const controllers =
    dir === null ? '' : await readFile(join(dir, 'cgroup.subtree_control'), 'utf8').catch(() => '');
  return { dir, memory: controllers.split(/\s+/).includes('memory') };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
