import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { MANIFEST, type Manifest, nameOf } from './manifest.js';

/**
 * Writes a checkpoint that is whole or absent, whatever happens meanwhile, a power cut included: its files in their
 * order and, last, their manifest are made durable in a directory of another name, which then gets its own name in
 * one step. When this returns, it will be found.
 * Throws the error of the file system; then nothing is left behind, and what was there before is as it was.
 */
export function saveCheckpoint(
  directory: string,
  step: number,
  files: ReadonlyMap<string, Uint8Array>,
  metrics: Readonly<Record<string, number>> = {},
): string {
  const target = join(directory, nameOf(step));
  const temporary = join(directory, `${TEMPORARY}${nameOf(step)}-${process.pid}`);
  rmSync(temporary, { recursive: true, force: true });
  let replaced: string | null;
  try {
    mkdirSync(temporary);
    writeFiles(temporary, step, files, metrics);
    syncDirectory(temporary);
    replaced = setAside(target);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  syncDirectory(directory);
  if (replaced !== null) rmSync(replaced, { recursive: true, force: true });
  return target;
}

/** Never half there under its own name: first it is renamed. */
export function discardCheckpoint(checkpoint: string): void {
  const trash = setAside(checkpoint);
  if (trash !== null) rmSync(trash, { recursive: true, force: true });
}

/**
 * What has the name already: damaged, or of a training that was resumed from before it. Null where nothing has it.
 */
function setAside(checkpoint: string): string | null {
  if (lstatSync(checkpoint, { throwIfNoEntry: false }) === undefined) return null;
  const trash = join(dirname(checkpoint), `${TRASH}${process.pid}-${discarded++}`);
  rmSync(trash, { recursive: true, force: true });
  renameSync(checkpoint, trash);
  return trash;
}

/** Removes what processes that were killed have left half written or half removed. */
export function sweepLeftovers(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = /^\.(?:tmp-step-\d+|trash)-(\d+)/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(directory, name), { recursive: true, force: true });
  }
}

const TEMPORARY = '.tmp-';
const TRASH = '.trash-';
let discarded = 0;

function writeFiles(
  directory: string,
  step: number,
  files: ReadonlyMap<string, Uint8Array>,
  metrics: Readonly<Record<string, number>>,
): void {
  const manifest: Manifest = { v: 1, step, files: {}, ...(Object.keys(metrics).length > 0 && { metrics }) };
  for (const [name, content] of files) {
    writeFileSync(join(directory, name), content, { flush: true });
    const sha256 = createHash('sha256').update(content).digest('hex');
    manifest.files[name] = { size: content.length, sha256 };
  }
  writeFileSync(join(directory, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`, { flush: true });
}

export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function isAlive(pid: number): boolean {
  return pid === process.pid || lstatSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined;
}
