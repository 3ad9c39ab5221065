import { isFinal, type RunState } from '../run/run.js';
import type { Connection } from './connection.js';
import type { foldedPages } from './folded.js';
import { type RecentIds, recentIds } from './recent.js';
import { statement } from './statement.js';
import type { StoredRun } from './stored.js';

/** Filters are joined by "and"; the values of one filter by "or". */
export interface PageQuery {
  ids?: readonly number[];
  states?: readonly RunState[];
  tags?: readonly string[];
  name?: string;
  group?: string;
  /** Submitted at or after, Unix ms. */
  sinceMs?: number;
  /** Jobs of this sweep. */
  sweepId?: number;
  /** Of a sweep of which a job fits, the sweep instead of the jobs. */
  fold?: boolean;
  /** Only runs with a smaller id: where the last page ended. */
  beforeId?: number;
  limit: number;
}

/** The newest first. A page may be short, or empty, and still not be the last: each call does bounded work. */
export interface Page {
  runs: StoredRun[];
  /** Ids of folded ones; where a filter is given one may come again in the next page. */
  sweeps: number[];
  /** null = the last page. */
  nextBeforeId: number | null;
}

/** What a person wants to see; see `recent`. */
export interface Recent {
  /** By id. */
  runs: StoredRun[];
  /** How many of a state were left out; of ended ones, no more than 10,000 are counted. */
  more: RecentIds['more'];
  /** Ids of folded ones, ascending, and how many were left out. */
  sweeps: number[];
  moreSweeps: number;
}

export const PAGE_SQL = {
  all: 'SELECT id FROM runs WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT ?',
  state: 'SELECT id FROM runs WHERE state = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ?',
  tag: 'SELECT run_id AS id FROM tags WHERE tag = ? AND run_id < ? AND run_id >= ? ORDER BY run_id DESC LIMIT ?',
  name: 'SELECT id FROM runs WHERE name = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ?',
  group: 'SELECT id FROM runs WHERE group_name = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ?',
  // Later jobs have larger ids.
  sweep: 'SELECT id FROM runs WHERE sweep_id = ? AND id < ? AND id >= ? ORDER BY job_num DESC LIMIT ?',
  // After a clock that jumped back, stamps and ids disagree: the smallest id among the first that fit.
  since: `
SELECT min(id) AS id FROM (SELECT id FROM runs WHERE submitted_at >= ? ORDER BY submitted_at, id LIMIT 10000)`,
  oldestInState: 'SELECT id FROM runs WHERE state = ? ORDER BY id LIMIT ?',
  newestInState: 'SELECT id FROM runs WHERE state = ? ORDER BY id DESC LIMIT ?',
  newlyEnded: 'SELECT id FROM runs WHERE state = ? AND ended_at >= ? ORDER BY ended_at DESC LIMIT ?',
  countInState: 'SELECT count(*) AS count FROM runs WHERE state = ?',
  countEnded: 'SELECT count(*) AS count FROM (SELECT 1 FROM runs WHERE state = ? AND ended_at >= ? LIMIT ?)',
};

/** Candidates looked at for one page. */
const BUDGET = 1000;
export const NO_ID = Number.MAX_SAFE_INTEGER;

interface Id {
  id: number;
}
type Candidates = (before: number, floor: number, limit: number) => number[];

/** Lists of runs for people: by keyset, never by offset, from the index that fits the narrowest filter. */
export function pages(
  db: Connection,
  find: (id: number) => StoredRun | null,
  folded: ReturnType<typeof foldedPages>,
) {
  const all = statement<[number, number, number], Id>(db, PAGE_SQL.all);
  const by = {
    state: statement<[string, number, number, number], Id>(db, PAGE_SQL.state),
    tag: statement<[string, number, number, number], Id>(db, PAGE_SQL.tag),
    name: statement<[string, number, number, number], Id>(db, PAGE_SQL.name),
    group: statement<[string, number, number, number], Id>(db, PAGE_SQL.group),
  };
  const ofSweep = statement<[number, number, number, number], Id>(db, PAGE_SQL.sweep);
  const since = statement<[number], { id: number | null }>(db, PAGE_SQL.since);
  const recent = recentIds(db, PAGE_SQL);
  const found = (ids: number[]): StoredRun[] => ids.map(find).filter((run) => run !== null);

  function candidates(query: PageQuery): Candidates[] {
    const from = (kind: keyof typeof by, values: readonly string[]): Candidates[] =>
      values.map(
        (value) =>
          (...range) =>
            by[kind].all(value, ...range).map(({ id }) => id),
      );
    const { ids, states, tags, name, group, sweepId } = query;
    if (ids !== undefined) return [among(ids)];
    if (sweepId !== undefined) return [(...range) => ofSweep.all(sweepId, ...range).map(({ id }) => id)];
    if (tags?.length) return from('tag', tags);
    if (states?.length && !states.some(isFinal)) return from('state', states);
    if (name !== undefined) return from('name', [name]);
    if (group !== undefined) return from('group', [group]);
    if (states?.length) return from('state', states);
    return [(...range) => all.all(...range).map(({ id }) => id)];
  }

  return {
    page(query: PageQuery): Page {
      const floor = query.sinceMs === undefined ? 0 : (since.get(query.sinceMs)?.id ?? NO_ID);
      if (query.fold && !isFiltered(query)) return folded.page(query, floor);
      const sources = candidates(query);
      const runs: StoredRun[] = [];
      const sweeps = new Set<number>();
      let before: number | null = query.beforeId ?? NO_ID;
      // Nearly always the first look fills the page; only a filter that fits few candidates takes more.
      for (let left = BUDGET, look = query.limit; left > 0 && before !== null; left -= look, look = left) {
        const { ids, next } = merge(sources, { before, floor, limit: look });
        for (const id of ids) {
          const run = find(id);
          if (run === null || !matches(run, query)) continue;
          if (query.fold && run.job !== null) sweeps.add(run.job.sweep);
          else runs.push(run);
          if (runs.length + sweeps.size === query.limit)
            return { runs, sweeps: [...sweeps], nextBeforeId: id === ids.at(-1) ? next : id };
        }
        before = next;
      }
      return { runs, sweeps: [...sweeps], nextBeforeId: before };
    },

    /** Of runs; see `recentIds`. `fold`: sweeps in place of their jobs. */
    recent({ now, perState, fold = false }: { now: number; perState: number; fold?: boolean }): Recent {
      if (fold) return folded.recent({ now, perState });
      const { ids, more } = recent(now, perState);
      return { runs: found(ids), more, sweeps: [], moreSweeps: 0 };
    },
  };
}

/** Ids of all sources, the newest first, down to where every source was looked at; null = to their ends. */
function merge(
  sources: Candidates[],
  { before, floor, limit }: { before: number; floor: number; limit: number },
): { ids: number[]; next: number | null } {
  const lists = sources.map((source) => source(before, floor, limit));
  const cut = Math.max(...lists.map((list) => (list.length === limit ? list[limit - 1]! : 0)));
  const ids = [...new Set(lists.flat())].filter((id) => id >= cut).sort((a, b) => b - a);
  return { ids, next: cut > 0 ? cut : null };
}

const among =
  (ids: readonly number[]): Candidates =>
  (before, floor, limit) =>
    [...new Set(ids)]
      .filter((id) => id < before && id >= floor)
      .sort((a, b) => b - a)
      .slice(0, limit);

const isFiltered = ({ ids, states, tags, name, group, sweepId }: PageQuery): boolean =>
  [ids, name, group, sweepId].some((filter) => filter !== undefined) ||
  (states?.length ?? 0) + (tags?.length ?? 0) > 0;

const matches = (run: StoredRun, { states, tags, name, group, sinceMs, sweepId }: PageQuery): boolean =>
  (!states?.length || states.includes(run.state)) &&
  (!tags?.length || tags.some((tag) => run.tags.includes(tag))) &&
  (name === undefined || run.name === name) &&
  (group === undefined || run.group === group) &&
  (sweepId === undefined || run.job?.sweep === sweepId) &&
  (sinceMs === undefined || run.submittedAt >= sinceMs);
