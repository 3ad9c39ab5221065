import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { textInside, withFile } from './inside.js';
import { MANIFEST, type Manifest, parseManifest } from './manifest.js';

const MANIFEST_BYTES = 64 << 20;
const CHUNK_BYTES = 1 << 20;

/** `step`: what the directory's name says. @throws a sentence */
export const readManifest = (root: string, step: number): Manifest =>
  parseManifest(textInside(root, MANIFEST, MANIFEST_BYTES), step);

/** Every byte as the manifest says. @throws a sentence that says why the checkpoint must not be used */
export function checkPlain(root: string, step: number): void {
  for (const [path, { size, sha256 }] of Object.entries(readManifest(root, step).files))
    if (digest(root, path, size) !== sha256.toLowerCase()) throw new Error(`${path}: its sha256 differs`);
}

const digest = (root: string, path: string, size: number): string =>
  withFile(root, path, (fd, found) => {
    if (found !== size) throw new Error(`${path}: ${found} bytes instead of ${size}`);
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let n = readSync(fd, chunk); n > 0; n = readSync(fd, chunk)) hash.update(chunk.subarray(0, n));
    return hash.digest('hex');
  });
