import { readFile, realpath, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One line of /proc/self/mountinfo (proc(5)). */
export interface Mount {
  /** Where it is mounted. */
  point: string;
  /** As the kernel names it: `ext4`, `nfs4`, `fuse.sshfs`. */
  type: string;
  /** What is mounted: `/dev/sda1`, `server:/home`. */
  source: string;
  /** Of the mount and of its file system, comma-separated. */
  options: string;
}

export interface Filesystem {
  /** The kernel's name, or one of ours where only statfs's number is known. */
  type: string;
  /** What is mounted; empty when unknown. */
  source: string;
  /** Locks, rename and mmap there go over a network: nothing that a database may lie on. */
  network: boolean;
}

/**
 * statfs(2) `f_type` of file systems whose files lie on another machine (linux/magic.h and the modules' own headers).
 * FUSE has one number for all, so those are told apart by name.
 */
const NETWORK_MAGIC: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x517b, 'smb'],
  [0x0bd00bd0, 'lustre'],
  [0x47504653, 'gpfs'],
  [0x19830326, 'beegfs'],
  [0x5346414f, 'afs'],
  [0x6b414653, 'afs'],
  [0x73757245, 'coda'],
  [0x00c36400, 'ceph'],
  [0x01021997, '9p'],
  [0x20030528, 'orangefs'],
  [0xaad7aaea, 'panfs'],
  [0x013661, 'vxfs'],
  [0x01161970, 'gfs2'],
  [0x7461636f, 'ocfs2'],
]);

const NETWORK_TYPE =
  /^(nfs\d?|cifs|smb\d?|smbfs|ncpfs|lustre|gpfs|beegfs|fhgfs|afs|kafs|openafs|auristorfs|coda|ceph|9p|orangefs|pvfs2|panfs|wekafs|gfs2?|ocfs2|glusterfs|davfs)$/;
const NETWORK_FUSE =
  /^fuse\.(sshfs|glusterfs|ceph.*|s3fs|s3ql|rclone|gcsfuse|goofys|mount-s3|blobfuse2?|juicefs|seaweedfs|weed|mfs.*|moosefs|lizardfs|beegfs|davfs2?|curlftpfs|smbnetfs|cvmfs2?|dfuse|quobyte|.*hdfs.*|objectivefs|jfs)$/;

/** By name where there is one, else by number: a bind mount or a container may hide either. */
export function isNetwork(type: string, magic: number): boolean {
  return NETWORK_TYPE.test(type) || NETWORK_FUSE.test(type) || NETWORK_MAGIC.has(magic);
}

/** The file system of the directory, or of its nearest ancestor that exists. */
export async function filesystemOf(directory: string, mounts: readonly Mount[]): Promise<Filesystem> {
  const existing = await nearestExisting(directory);
  const magic = Number((await statfs(existing)).type) >>> 0;
  const mount = mountOf(existing, mounts);
  const type = mount?.type ?? NETWORK_MAGIC.get(magic) ?? `0x${magic.toString(16)}`;
  return { type, source: mount?.source ?? '', network: isNetwork(type, magic) };
}

/** The mount whose point is the longest prefix; of several on one point the last, which covers the others. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | null {
  return mounts.reduce<Mount | null>(
    (best, mount) =>
      below(path, mount.point) && mount.point.length >= (best?.point.length ?? 0) ? mount : best,
    null,
  );
}

export async function readMounts(): Promise<Mount[]> {
  return parseMounts(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''));
}

/** Fields before ` - ` vary in number; after it stand type and source (proc(5)). */
export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ', 2);
    const point = before?.split(' ')[4];
    const [type, source, ofFilesystem] = after?.split(' ') ?? [];
    if (point === undefined || type === undefined) return [];
    const options = [before?.split(' ')[5], ofFilesystem].join(',');
    return [{ point: unescapeOctal(point), type, source: unescapeOctal(source ?? ''), options }];
  });
}

/** The directory that exists, without symbolic links: what mountinfo speaks of. */
async function nearestExisting(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch {
    const parent = dirname(directory);
    return parent === directory ? directory : nearestExisting(parent);
  }
}

const below = (path: string, point: string): boolean =>
  point === '/' || path === point || path.startsWith(`${point}/`);

/** mountinfo writes space, tab, newline and backslash as `\040` and the like. */
const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
