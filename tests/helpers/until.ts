import { setTimeout as pause } from 'node:timers/promises';

/**
 * Polls until `probe` gives something other than undefined or false, for what has no event to await.
 * @throws when it has not within `limitMs`; the message names `what`.
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await pause(5);
  }
}
