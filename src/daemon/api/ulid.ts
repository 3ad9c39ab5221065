import { randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A name for the world: 48 bits of time in ms, 80 of chance, in Crockford's base 32 (github.com/ulid/spec). */
export function ulid(now: number): string {
  let time = '';
  for (let rest = now, n = 0; n < 10; n++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let chance = '';
  for (let n = 0; n < 16; n++) chance += ALPHABET[pool[used++]! % 32];
  return time + chance;
}

/** A byte for each five bits; a thousand runs ask the kernel a few times. */
const pool = new Uint8Array(4096);
let used = pool.length;
