import type { Connection } from './connection.js';
import { NO_ID, type Page, type PageQuery, type Recent } from './pages.js';
import { COUNTED, RECENT_MS, recentIds } from './recent.js';
import { statement } from './statement.js';
import type { StoredRun } from './stored.js';
import type { sweeps } from './sweeps.js';

export const FOLDED_SQL = {
  alone: 'SELECT id FROM runs WHERE sweep_id IS NULL AND id < ? AND id >= ? ORDER BY id DESC LIMIT ?',
  oldestInState: 'SELECT id FROM runs WHERE sweep_id IS NULL AND state = ? ORDER BY id LIMIT ?',
  newestInState: 'SELECT id FROM runs WHERE sweep_id IS NULL AND state = ? ORDER BY id DESC LIMIT ?',
  newlyEnded: `
SELECT id FROM runs WHERE sweep_id IS NULL AND state = ? AND ended_at IS NOT NULL AND ended_at >= ?
ORDER BY ended_at DESC LIMIT ?`,
  countInState: 'SELECT count(*) AS count FROM runs WHERE sweep_id IS NULL AND state = ?',
  countEnded: `
SELECT count(*) AS count FROM (
  SELECT 1 FROM runs WHERE sweep_id IS NULL AND state = ? AND ended_at IS NOT NULL AND ended_at >= ? LIMIT ?)`,
};

interface Id {
  id: number;
}

/** Lists in which a sweep is one line, however many jobs it has: neither looks at a job. */
export function foldedPages(
  db: Connection,
  find: (id: number) => StoredRun | null,
  sweep: ReturnType<typeof sweeps>,
) {
  const alone = statement<[number, number, number], Id>(db, FOLDED_SQL.alone);
  const recent = recentIds(db, FOLDED_SQL);
  const found = (ids: readonly number[]): StoredRun[] => ids.map(find).filter((run) => run !== null);

  return {
    /** Everything there is; a sweep stands where its first job would. `floor`: the smallest id. */
    page({ beforeId = NO_ID, limit }: PageQuery, floor: number): Page {
      const lines = [
        ...alone.all(beforeId, floor, limit).map(({ id }) => ({ place: id, sweep: null })),
        ...sweep.placed(beforeId, floor, limit).map(({ id, place }) => ({ place, sweep: id })),
      ].sort((a, b) => b.place - a.place);
      const shown = lines.slice(0, limit);
      return {
        runs: found(shown.flatMap((line) => (line.sweep === null ? [line.place] : []))),
        sweeps: shown.flatMap((line) => (line.sweep === null ? [] : [line.sweep])),
        nextBeforeId: lines.length < limit ? null : (shown.at(-1)?.place ?? null),
      };
    },

    /** As `recent` of pages.ts; of sweeps those that are not over or ended lately, `perState` of each. */
    recent({ now, perState }: { now: number; perState: number }): Recent {
      const since = now - RECENT_MS;
      const { ids, more } = recent(now, perState);
      const shown = [...sweep.oldestOpen(perState), ...sweep.newlyEnded(since, perState)];
      const there =
        shown.length < perState ? shown.length : sweep.countOpen() + sweep.countEnded(since, COUNTED);
      return {
        runs: found(ids),
        more,
        sweeps: shown.sort((a, b) => a - b),
        moreSweeps: there - shown.length,
      };
    },
  };
}
