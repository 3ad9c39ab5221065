import { constants } from 'node:fs';
import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { errnoOf } from './errno.js';

/** Where attempts may have cgroups of their own: a directory of the v2 hierarchy. */
export interface CgroupBase {
  dir: string;
  /** Whether controllers may be handed on to the attempts; see `chooseBase`. */
  controllers: boolean;
}

/** What a decision about cgroups rests on. */
export interface CgroupView {
  /** /proc/self/cgroup */
  membership: string;
  /** /proc/self/mountinfo */
  mounts: string;
  /** Whether systemd owns the hierarchy (/run/systemd/system exists, sd_booted(3)). */
  systemd: boolean;
}

/** systemd's `DelegateSubgroup=` of the shipped units: where the daemon itself is put. */
const DAEMON_SUBGROUP = 'daemon';
const PREFIX = 'expd-';

/**
 * Pure v2 and the v2 half of a hybrid hierarchy; null: none. Under systemd only below a service of our own:
 * any other group is systemd's. Controllers are handed on only where systemd itself put the daemon into a
 * subgroup: a service's group that has controllers below takes no processes (cgroups(7), "no internal
 * processes"), so systemd could not start the next daemon beside runs that go on.
 */
export function chooseBase({ membership, mounts, systemd }: CgroupView): CgroupBase | null {
  const path = /^0::(\/.*)$/m.exec(membership)?.[1];
  const mount = unifiedMount(mounts);
  if (path === undefined || mount === null || path.startsWith('/..') || !isBelow(path, mount.root))
    return null;
  const own = resolve(mount.at, `.${path.slice(mount.root === '/' ? 0 : mount.root.length)}`);
  if (!systemd) return { dir: own, controllers: false };
  const delegated = basename(own) === DAEMON_SUBGROUP;
  const unit = delegated ? dirname(own) : own;
  return unit.endsWith('.service') ? { dir: unit, controllers: delegated } : null;
}

/** proc_pid_mountinfo(5): … root mountpoint options [fields] - type source options */
function unifiedMount(mounts: string): { root: string; at: string } | null {
  for (const line of mounts.split('\n')) {
    const [fields = '', type = ''] = line.split(' - ');
    const [, , , root, at] = fields.split(' ');
    if (type.startsWith('cgroup2 ') && root !== undefined && at !== undefined) return { root, at };
  }
  return null;
}

const isBelow = (path: string, root: string): boolean =>
  root === '/' || path === root || path.startsWith(`${root}/`);

/** The cgroups of attempts. Each is made by its shim, which goes on without where that fails. */
export class Cgroups {
  private constructor(private readonly base: CgroupBase | null) {}

  static async open(view?: CgroupView): Promise<Cgroups> {
    const base = chooseBase(view ?? (await look()));
    if (base === null || !(await isOurs(base.dir))) return new Cgroups(null);
    if (base.controllers) await handOn(base.dir);
    return new Cgroups(base);
  }

  /** Where they are made, for people; null: nowhere. */
  get dir(): string | null {
    return this.base?.dir ?? null;
  }

  of(attemptId: string): string | null {
    return this.base === null ? null : join(this.base.dir, `${PREFIX}${attemptId}`);
  }
}

/** Ends every process in it, however it has been forked. False: this kernel or hierarchy cannot (before 5.14). */
export async function killCgroup(dir: string): Promise<boolean> {
  try {
    await writeFile(join(dir, 'cgroup.kill'), '1');
    return true;
  } catch {
    return false;
  }
}

/** A process that was killed stays in its group for a moment more; on a machine at its limits for a longer one. */
export const SOON_MS = [10, 50, 200, 1000] as const;
export const IN_THE_END_MS = [...SOON_MS, 5000, 30_000, 120_000] as const;

/** With the groups that a run made below its own. Fails in silence where processes are still in it after the last wait. */
export async function removeCgroup(dir: string, waits: readonly number[] = SOON_MS): Promise<void> {
  for (const wait of [...waits, null])
    try {
      for (const entry of await readdir(dir, { withFileTypes: true }))
        if (entry.isDirectory()) await removeCgroup(join(dir, entry.name), []);
      return await rmdir(dir);
    } catch (cause) {
      if (errnoOf(cause) !== 'EBUSY' || wait === null) return;
      await pause(wait, undefined, { ref: false });
    }
}

async function look(): Promise<CgroupView> {
  const [membership, mounts, systemd] = await Promise.all([
    readFile('/proc/self/cgroup', 'utf8'),
    readFile('/proc/self/mountinfo', 'utf8'),
    access('/run/systemd/system').then(
      () => true,
      () => false,
    ),
  ]);
  return { membership, mounts, systemd };
}

/** Tried, not asked: a read-only mount and a hierarchy of somebody else refuse only the act. */
async function isOurs(dir: string): Promise<boolean> {
  const probe = join(dir, `${PREFIX}probe-${process.pid}`);
  try {
    await access(join(dir, 'cgroup.procs'), constants.W_OK);
    await mkdir(probe);
    await rmdir(probe);
    return true;
  } catch {
    return false;
  }
}

/** memory: its out-of-memory count; pids: its fork bombs. One that is not there is done without. */
async function handOn(dir: string): Promise<void> {
  for (const controller of ['memory', 'pids'])
    await writeFile(join(dir, 'cgroup.subtree_control'), `+${controller}`).catch(() => {});
}
