import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { MANIFEST, parseManifest, stepOf } from './manifest.js';

// A thread of its own: it reads whole checkpoints, however large, without the daemon waiting.

const MANIFEST_BYTES = 64 << 20;
const CHUNK_BYTES = 1 << 20;

/** Throws a sentence that says why the checkpoint must not be used. */
function verify(checkpoint: string): void {
  const step = stepOf(basename(checkpoint));
  if (step === null) throw new Error('its name is not step-<8 digits>');
  const root = realpathSync(checkpoint);
  const manifest = parseManifest(manifestText(root), step);
  for (const [path, { size, sha256 }] of Object.entries(manifest.files))
    if (digest(root, path, size) !== sha256.toLowerCase()) throw new Error(`${path}: its sha256 differs`);
}

function manifestText(root: string): string {
  const fd = openInside(root, MANIFEST);
  try {
    if (fstatSync(fd).size > MANIFEST_BYTES) throw new Error(`${MANIFEST} is too large`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function digest(root: string, path: string, size: number): string {
  const fd = openInside(root, path);
  try {
    const found = fstatSync(fd).size;
    if (found !== size) throw new Error(`${path}: ${found} bytes instead of ${size}`);
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let n = readSync(fd, chunk); n > 0; n = readSync(fd, chunk)) hash.update(chunk.subarray(0, n));
    return hash.digest('hex');
  } finally {
    closeSync(fd);
  }
}

/** A regular file below `root`; a link on the way is seen by what the kernel says was opened. */
function openInside(root: string, path: string): number {
  let fd: number;
  try {
    fd = openSync(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(code === 'ENOENT' ? `${path} is missing` : `${path}: ${code}`);
  }
  if (!fstatSync(fd).isFile() || readlinkSync(`/proc/self/fd/${fd}`) !== join(root, path)) {
    closeSync(fd);
    throw new Error(`${path} is not a regular file of the checkpoint`);
  }
  return fd;
}

let why: string | null = null;
try {
  verify(String(workerData));
} catch (cause) {
  why = cause instanceof Error ? cause.message : String(cause);
}
parentPort?.postMessage(why);
