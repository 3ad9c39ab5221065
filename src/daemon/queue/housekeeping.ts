import type { Tables } from './tables.js';

/** Events that are kept at least; below them watchers have to list again. */
export const KEEP_EVENTS = 100_000;
const REQUESTS_KEPT_MS = 24 * 3600_000;
/** Looked after once in so many events: the usual commit pays nothing. */
const EVENTS_A_LOOK = 64;
const REQUESTS_A_LOOK = 256;
/** Dropped in pieces of this size: each touches the same few pages as a single one would. */
const EVENTS_A_PIECE = 256;

/**
 * Forgets what is no longer needed, a little now and then beside a commit that writes anyway: no commit
 * waits long for it, and an idle daemon does nothing. `before` and `after` are the newest sequence numbers
 * around this commit; more events may go than came, so that a surplus ends.
 */
export function housekeeping(
  { events, requests }: Tables,
  { now, keepEvents, before, after }: { now: number; keepEvents: number; before: number; after: number },
): void {
  const look = (seq: number): number => Math.floor(seq / EVENTS_A_LOOK);
  if (look(before) === look(after)) return;
  const floor = events.floor();
  const surplus = after - floor - keepEvents;
  if (surplus >= EVENTS_A_PIECE)
    events.drop(floor + Math.min(surplus, EVENTS_A_PIECE + 2 * (after - before)));
  requests.forget(now - REQUESTS_KEPT_MS, REQUESTS_A_LOOK);
}
