import { expect, test } from 'vitest';
import {
  filesystemOf,
  isNetwork,
  mountOf,
  parseMounts,
  readMounts,
} from '../../../src/daemon/guard/filesystem.js';

/** From proc(5), and with the escapes, optional fields and covered mounts that real machines have. */
const MOUNTINFO = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
36 22 0:40 /alice /home/alice rw,noatime shared:2 master:3 - nfs4 fileserver:/export/home rw,vers=4.2
37 36 0:41 / /home/alice/my\\040disk rw - fuse.sshfs alice@host:/x rw
38 22 8:2 / /scratch rw - xfs /dev/sdb rw
39 22 0:50 / /cover rw - ext4 /dev/sdc rw
40 39 0:51 / /cover rw - cifs //host/share rw
`;
const mounts = parseMounts(MOUNTINFO);

test.each([
  ['/home/alice/.local/state', 'nfs4'],
  ['/home/alice', 'nfs4'],
  ['/home/alicette', 'ext4'],
  ['/home/alice/my disk/state', 'fuse.sshfs'],
  ['/scratch/alice', 'xfs'],
  ['/cover/x', 'cifs'],
  ['/', 'ext4'],
])('%s lies on %s', (path, type) => {
  expect(mountOf(path, mounts)?.type).toBe(type);
});

const NETWORK =
  'nfs nfs4 cifs smb3 smbfs lustre gpfs beegfs afs ceph 9p glusterfs fuse.sshfs fuse.glusterfs fuse.ceph-fuse fuse.s3fs fuse.rclone fuse.juicefs';
const LOCAL =
  'ext4 ext3 xfs btrfs zfs tmpfs overlay f2fs bcachefs fuseblk fuse.ext4 fuse.fuse-overlayfs fuse.mergerfs nfsd';

test.each(NETWORK.split(' '))('%s is a network file system', (type) => expect(isNetwork(type, 0)).toBe(true));
test.each(LOCAL.split(' '))('%s is none', (type) => expect(isNetwork(type, 0xef53)).toBe(false));
test('a hidden name is found by statfs', () => {
  expect(isNetwork('none', 0x6969)).toBe(true);
  expect(isNetwork('none', 0xfe534d42)).toBe(true);
});

test('this machine can be asked, also for a directory that is not there yet', async () => {
  const found = await filesystemOf('/proc/not/there/yet', await readMounts());
  expect(found).toMatchObject({ type: 'proc', network: false });
});
