import { atBoot, lingering, socketCleaner } from './boot.js';
import { clock, synchronised } from './clock.js';
import type { Finding, Machine, Verdict } from './machine.js';
import { node } from './node.js';
import { ballast, database, diskSpace, inodes, network, privacy, settings, stateCleaner } from './storage.js';
import { cgroup, descriptors, git, hidepid, inotify, orphans, processes, shim } from './system.js';

/** Every check by its id, in the order in which people read them. */
export const CHECKS = {
  shim,
  database,
  settings,
  disk: diskSpace,
  inodes,
  ballast,
  network_fs: network,
  private: privacy,
  state_cleaner: stateCleaner,
  at_boot: atBoot,
  lingering,
  socket_cleaner: socketCleaner,
  node,
  clock,
  time_server: synchronised,
  descriptors,
  processes,
  inotify,
  cgroup,
  proc_hidden: hidepid,
  orphans,
  git,
} satisfies Record<string, (machine: Machine) => Verdict>;

export const examine = (machine: Machine): Finding[] =>
  Object.entries(CHECKS).map(([id, check]) => ({ id, ...check(machine) }));
