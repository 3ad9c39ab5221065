import { readFileSync } from 'node:fs';
import type { Machine, Place } from '../../../src/daemon/doctor/machine.js';

export const shippedUnit = readFileSync('systemd/user/expd.service', 'utf8');

const place = (path: string): Place => ({
  path,
  exists: true,
  uid: 1000,
  mode: 0o700,
  filesystem: 'ext4',
  network: false,
});

/** A machine on which nothing is wrong. */
export const healthy = (): Machine => ({
  now: Date.UTC(2026, 11, 24),
  node: '24.14.1',
  user: 'alice',
  uid: 1000,
  shim: { version: 'expshim 1 abc' },
  state: place('/home/alice/.local/state/expd/0123'),
  run: place('/run/user/1000/expd'),
  config: place('/home/alice/.config/expd'),
  disk: { freeBytes: 100 * 2 ** 30, freeInodes: 1e6, inodes: 1e7 },
  lowWaterBytes: 2 ** 30,
  settingsRefused: null,
  ballast: true,
  database: null,
  limits: { openFiles: 65536, processes: 60_000 },
  inotify: { instances: 128, watches: 100_000 },
  clockSynchronised: true,
  cgroup: { dir: '/sys/fs/cgroup/x', memory: true },
  procHidden: false,
  git: true,
  orphans: [],
  boot: {
    systemd: true,
    lingering: true,
    unit: { text: shippedUnit, shipped: shippedUnit, enabled: true, missingProgram: null },
    otherwise: null,
  },
});
