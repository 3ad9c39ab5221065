import { createHash } from 'node:crypto';
import type { KnownCode } from './git.js';

/**
 * sha256 over commit, diff and what is in no diff. Apart from git.ts: a command that submits does not load a library
 * of ciphers for it, the daemon has it anyway.
 */
export function fingerprintOf({
  commit,
  diff,
  traces,
}: Pick<KnownCode, 'commit' | 'diff' | 'traces'>): string {
  const hash = createHash('sha256')
    .update(`${commit}\0`)
    .update(diff ?? '');
  for (const trace of traces) hash.update(trace);
  return hash.digest('hex');
}
