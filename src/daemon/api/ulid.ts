import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A name for the world: 48 bits of time in ms, 80 of chance, in Crockford's base 32 (github.com/ulid/spec). */
export function ulid(now: number): string {
  let time = '';
  for (let rest = now, n = 0; n < 10; n++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  let bits = BigInt(`0x${randomBytes(10).toString('hex')}`);
  let chance = '';
  for (let n = 0; n < 16; n++, bits >>= 5n) chance = ALPHABET[Number(bits & 31n)] + chance;
  return time + chance;
}
