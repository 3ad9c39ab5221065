import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { reason } from '../reason.js';
import { MANIFEST, parseManifest, stepOf } from './manifest.js';

/** A checkpoint whose every byte is what was saved. */
export interface Checkpoint {
  path: string;
  step: number;
  files: ReadonlyMap<string, Uint8Array>;
  metrics: Readonly<Record<string, number>>;
}

/** Reads and verifies one. Throws a sentence that says why it must not be used. */
export function loadCheckpoint(path: string): Checkpoint {
  const step = stepOf(basename(path));
  if (step === null) throw new Error('its name is not step-<8 digits>');
  if (!lstatSync(path).isDirectory()) throw new Error('it is no directory');
  const manifest = parseManifest(readInside(path, MANIFEST).toString(), step);
  const files = Object.entries(manifest.files).map(([name, { size, sha256 }]): [string, Uint8Array] => {
    const content = readInside(path, name);
    if (content.length !== size) throw new Error(`${name}: ${content.length} bytes instead of ${size}`);
    if (createHash('sha256').update(content).digest('hex') !== sha256)
      throw new Error(`${name}: its sha256 differs`);
    return [name, content];
  });
  return { path, step, files: new Map(files), metrics: manifest.metrics ?? {} };
}

export interface Newest {
  checkpoint: Checkpoint | null;
  /** One line for each newer one that had to be passed over. */
  warnings: string[];
}

/** The newest sound one in a directory of checkpoints. */
export function newestCheckpoint(directory: string): Newest {
  const warnings: string[] = [];
  for (const path of checkpointsIn(directory).toReversed()) {
    try {
      return { checkpoint: loadCheckpoint(path), warnings };
    } catch (error) {
      warnings.push(`${path} is damaged and is passed over: ${reason(error)}`);
    }
  }
  return { checkpoint: null, warnings };
}

/** All that have a checkpoint's name, the oldest step first; sound or not. */
export function checkpointsIn(directory: string): string[] {
  return readdirSync(realpathSync(directory))
    .filter((name) => stepOf(name) !== null)
    .sort((a, b) => stepOf(a)! - stepOf(b)!)
    .map((name) => join(directory, name));
}

/** A regular file; a link is refused, and a FIFO makes nobody wait. */
function readInside(directory: string, name: string): Buffer {
  let fd: number;
  try {
    fd = openSync(join(directory, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    throw new Error(
      code === 'ENOENT' ? `${name} is missing` : code === 'ELOOP' ? `${name} is a link` : `${name}: ${code}`,
      { cause },
    );
  }
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${name} is no regular file`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}
