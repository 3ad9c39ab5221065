import type { Connection } from './connection.js';
import { parseColumn } from './json.js';
import { statement } from './statement.js';
import type { StoredCheckpoint } from './stored.js';

interface Row {
  path: string;
  attempt: number;
  stack: string | null;
  step: number | null;
  bytes: number;
  written_at: number;
  metrics: string;
  damage: string | null;
  pinned: number;
}

export const CHECKPOINT_SQL = {
  ofRun: 'SELECT * FROM checkpoints WHERE run_id = ? ORDER BY path',
  // What was read of another content says nothing of this one.
  put: `
INSERT INTO checkpoints (run_id, path, attempt, stack, step, bytes, written_at, metrics, damage, pinned)
VALUES (@runId, @path, @attempt, @stack, @step, @bytes, @writtenAt, @metrics, @damage, 0)
ON CONFLICT (run_id, path) DO UPDATE SET attempt = excluded.attempt, stack = excluded.stack, step = excluded.step,
  metrics = excluded.metrics, bytes = excluded.bytes, written_at = excluded.written_at,
  damage = CASE WHEN bytes = excluded.bytes AND written_at = excluded.written_at
    THEN coalesce(excluded.damage, damage) ELSE excluded.damage END`,
  forget: 'DELETE FROM checkpoints WHERE run_id = ? AND path = ?',
  pin: 'UPDATE checkpoints SET pinned = ? WHERE run_id = ? AND path = ?',
};

/** Which content it is stands in bytes and time; `pinned` is set by `pin` alone. */
export type SeenCheckpoint = Omit<StoredCheckpoint, 'pinned'>;

export function checkpoints(db: Connection) {
  const ofRun = statement<[number], Row>(db, CHECKPOINT_SQL.ofRun);
  const put = statement<[Omit<SeenCheckpoint, 'metrics'> & { runId: number; metrics: string }]>(
    db,
    CHECKPOINT_SQL.put,
  );
  const forget = statement<[number, string]>(db, CHECKPOINT_SQL.forget);
  const pin = statement<[number, number, string]>(db, CHECKPOINT_SQL.pin);
  return {
    ofRun: (runId: number): StoredCheckpoint[] => ofRun.all(runId).map(parse),
    put: (runId: number, seen: SeenCheckpoint): void =>
      void put.run({ ...seen, runId, metrics: JSON.stringify(seen.metrics) }),
    forget: (runId: number, path: string): void => void forget.run(runId, path),
    /** Whether it is known. */
    pin: (runId: number, path: string, pinned: boolean): boolean =>
      pin.run(pinned ? 1 : 0, runId, path) === 1,
  };
}

const parse = (row: Row): StoredCheckpoint => ({
  path: row.path,
  attempt: row.attempt,
  stack: row.stack,
  step: row.step,
  bytes: row.bytes,
  writtenAt: row.written_at,
  metrics: parseColumn(row.metrics, `checkpoint ${row.path}`),
  damage: row.damage,
  pinned: row.pinned === 1,
});
