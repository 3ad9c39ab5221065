import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepTemporaries, writeAtomically } from './atomic.js';

const NAME = 'id';

/**
 * What tells the daemons of the world apart: made once for a state directory, 32 hex digits. For who has the lock of the
 * state.
 */
export async function daemonId(state: string): Promise<string> {
  const file = join(state, NAME);
  const known = await readFile(file, 'utf8').catch(() => '');
  if (/^[0-9a-f]{32}\n$/.test(known)) return known.trim();
  // A daemon that was killed while it did the same left a part of it, and no id.
  await sweepTemporaries(state, [NAME]);
  const id = randomBytes(16).toString('hex');
  await writeAtomically(file, `${id}\n`, { mode: 0o600, durable: true });
  return id;
}
