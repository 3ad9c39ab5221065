import { isFinal, RUN_STATES, type RunState } from '../run/run.js';
import type { Connection } from './connection.js';
import { statement } from './statement.js';

/** Statements over the runs of one kind. */
export interface RecentSql {
  /** Of a state, so many. */
  oldestInState: string;
  newestInState: string;
  /** Of a state, ended at or after, so many. */
  newlyEnded: string;
  countInState: string;
  /** Of a state, ended at or after, no further than. */
  countEnded: string;
}

export interface RecentIds {
  ids: number[];
  /** How many of a state were left out. */
  more: { state: RunState; count: number }[];
}

interface Id {
  id: number;
}

/** Ended runs are counted no further than this: a day's history may be long. */
export const COUNTED = 10_000;
export const RECENT_MS = 24 * 3600_000;

/**
 * What is active, queued, or ended in the last 24 hours; at most `perState` of each state: of queued and
 * held the oldest, whose turn is next, of all others the newest.
 */
export function recentIds(db: Connection, sql: RecentSql): (now: number, perState: number) => RecentIds {
  const oldestInState = statement<[string, number], Id>(db, sql.oldestInState);
  const newestInState = statement<[string, number], Id>(db, sql.newestInState);
  const newlyEnded = statement<[string, number, number], Id>(db, sql.newlyEnded);
  const countInState = statement<[string], { count: number }>(db, sql.countInState);
  const countEnded = statement<[string, number, number], { count: number }>(db, sql.countEnded);
  return (now, perState) => {
    const since = now - RECENT_MS;
    const ids: number[] = [];
    const more: RecentIds['more'] = [];
    for (const state of RUN_STATES) {
      const some = isFinal(state)
        ? newlyEnded.all(state, since, perState)
        : (state === 'queued' || state === 'held' ? oldestInState : newestInState).all(state, perState);
      ids.push(...some.map(({ id }) => id));
      if (some.length < perState) continue;
      const counted = isFinal(state) ? countEnded.get(state, since, COUNTED) : countInState.get(state);
      const count = (counted?.count ?? 0) - some.length;
      if (count > 0) more.push({ state, count });
    }
    return { ids: ids.sort((a, b) => a - b), more };
  };
}
