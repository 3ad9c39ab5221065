import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from './atomic.js';

/** What tells the daemons of the world apart: made once for a state directory, 32 hex digits. */
export async function daemonId(state: string): Promise<string> {
  const file = join(state, 'id');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (/^[0-9a-f]{32}\n$/.test(known)) return known.trim();
  const id = randomBytes(16).toString('hex');
  await writeAtomically(file, `${id}\n`, { mode: 0o600, durable: true });
  return id;
}
