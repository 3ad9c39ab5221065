import { expect, test } from 'vitest';
import { chooseBase } from '../../../src/daemon/supervisor/cgroup.js';

const PURE = '31 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';
const HYBRID =
  '30 23 0:25 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n' +
  '32 30 0:27 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw\n' +
  '33 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n';
const UNIT = '/user.slice/user-1000.slice/user@1000.service/app.slice/expd.service';

test.each([
  ['a delegated unit', PURE, `0::${UNIT}\n`, true, { dir: `/sys/fs/cgroup${UNIT}`, controllers: false }],
  [
    'a unit that puts the daemon into a subgroup',
    PURE,
    '0::/system.slice/expd.service/daemon\n',
    true,
    { dir: '/sys/fs/cgroup/system.slice/expd.service', controllers: true },
  ],
  ["a shell's session is not ours", PURE, '0::/user.slice/user-1000.slice/session-3.scope\n', true, null],
  [
    'hybrid, without systemd',
    HYBRID,
    '4:memory:/x\n0::/\n',
    false,
    { dir: '/sys/fs/cgroup/unified', controllers: false },
  ],
  [
    'hybrid, a unit',
    HYBRID,
    '1:name=systemd:/system.slice/expd.service\n0::/system.slice/expd.service\n',
    true,
    { dir: '/sys/fs/cgroup/unified/system.slice/expd.service', controllers: false },
  ],
  [
    'a container that sees its own part of the tree',
    '31 23 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n',
    '0::/docker/abc\n',
    false,
    { dir: '/sys/fs/cgroup', controllers: false },
  ],
  [
    'outside what is mounted',
    '31 23 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n',
    '0::/other\n',
    false,
    null,
  ],
  ['outside our namespace', PURE, '0::/../../init.scope\n', false, null],
  [
    'version 1 alone',
    '33 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
    '4:memory:/\n',
    false,
    null,
  ],
])('%s', (_, mounts, membership, systemd, base) => {
  expect(chooseBase({ mounts, membership, systemd })).toEqual(base);
});
