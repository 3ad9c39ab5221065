import type { Tables } from './tables.js';

/** Events that are kept at least; below them watchers have to list again. */
export const KEEP_EVENTS = 100_000;
const REQUESTS_KEPT_MS = 24 * 3600_000;
const REQUESTS_A_COMMIT = 20;
/** Dropped in pieces of this size: each touches the same few pages as a single one would. */
const EVENTS_A_PIECE = 256;

/**
 * Forgets what is no longer needed, a little with each commit that writes anyway: no commit waits long
 * for it, and an idle daemon does nothing. `appended` events came with this commit; twice as many may go,
 * so that the surplus ends.
 */
export function housekeeping(
  { events, requests }: Tables,
  { now, keepEvents, appended }: { now: number; keepEvents: number; appended: number },
): void {
  const floor = events.floor();
  const surplus = events.newestSeq() - floor - keepEvents;
  if (surplus >= EVENTS_A_PIECE) events.drop(floor + Math.min(surplus, EVENTS_A_PIECE + 2 * appended));
  requests.forget(now - REQUESTS_KEPT_MS, REQUESTS_A_COMMIT);
}
