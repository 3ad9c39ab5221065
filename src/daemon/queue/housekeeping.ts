import type { Tables } from './tables.js';

/** Events that are kept at least; below them watchers have to list again. */
export const KEEP_EVENTS = 100_000;
const REQUESTS_KEPT_MS = 24 * 3600_000;
const REQUESTS_A_COMMIT = 20;
/** Never more than this much beside a commit, and more than was added, so that it ends. */
const EVENTS_A_COMMIT = 200;

/**
 * Forgets what is no longer needed, a little with each commit that writes anyway: no commit waits long
 * for it, and an idle daemon does nothing.
 */
export function housekeeping({ events, requests }: Tables, now: number, keepEvents: number): void {
  const floor = events.floor();
  const surplus = events.newestSeq() - floor - keepEvents;
  if (surplus > 0) events.drop(floor + Math.min(surplus, EVENTS_A_COMMIT));
  requests.forget(now - REQUESTS_KEPT_MS, REQUESTS_A_COMMIT);
}
