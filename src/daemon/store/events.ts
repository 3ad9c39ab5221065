import { RUN_STATES } from '../run/run.js';
import type { Connection } from './connection.js';
import { parseNullable, unreadable } from './json.js';
import { statement } from './statement.js';
import { EVENT_KINDS, type StoredEvent } from './stored.js';

interface EventRow {
  seq: number;
  at: number;
  run_id: number;
  kind: string;
  state: string;
  attempt: number;
  reason: string | null;
}

export const EVENT_SQL = {
  after: 'SELECT * FROM run_events WHERE seq > ? ORDER BY seq LIMIT ?',
  ofRunAfter: 'SELECT * FROM run_events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?',
  newestOfRun: 'SELECT * FROM run_events WHERE run_id = ? ORDER BY seq DESC LIMIT ?',
  append: 'INSERT INTO run_events (at, run_id, kind, state, attempt, reason) VALUES (?, ?, ?, ?, ?, ?)',
  newest: `SELECT seq FROM sqlite_sequence WHERE name = 'run_events'`,
  oldest: 'SELECT min(seq) AS seq FROM run_events',
  drop: 'DELETE FROM run_events WHERE seq <= ?',
};

/** What happened to runs, in order. The numbers are never used twice, also not after a compaction. */
export function events(db: Connection) {
  const after = statement<[number, number], EventRow>(db, EVENT_SQL.after);
  const ofRunAfter = statement<[number, number, number], EventRow>(db, EVENT_SQL.ofRunAfter);
  const newestOfRun = statement<[number, number], EventRow>(db, EVENT_SQL.newestOfRun);
  const append = statement<[number, number, string, string, number, string | null]>(db, EVENT_SQL.append);
  const newest = statement<[], { seq: number }>(db, EVENT_SQL.newest);
  const oldest = statement<[], { seq: number | null }>(db, EVENT_SQL.oldest);
  const drop = statement<[number]>(db, EVENT_SQL.drop);
  const newestSeq = (): number => newest.get()?.seq ?? 0;

  return {
    after: (seq: number, limit: number): StoredEvent[] => after.all(seq, limit).map(parseEvent),
    ofRunAfter: (runId: number, seq: number, limit: number): StoredEvent[] =>
      ofRunAfter.all(runId, seq, limit).map(parseEvent),
    /** The oldest of them first. */
    newestOfRun: (runId: number, limit: number): StoredEvent[] =>
      newestOfRun.all(runId, limit).reverse().map(parseEvent),
    append({ at, runId, kind, state, attempt, reason }: Omit<StoredEvent, 'seq'>): void {
      append.run(at, runId, kind, state, attempt, reason === null ? null : JSON.stringify(reason));
    },
    /** The newest sequence number ever given, 0 before the first. */
    newestSeq,
    /** Every event with a larger number is still there. */
    floor: (): number => (oldest.get()?.seq ?? newestSeq() + 1) - 1,
    /** Forgets events up to and including `seq`. */
    drop: (seq: number) => void drop.run(seq),
  };
}

function parseEvent(row: EventRow): StoredEvent {
  const what = `event ${row.seq}`;
  const kind = EVENT_KINDS.find((known) => known === row.kind);
  const state = RUN_STATES.find((known) => known === row.state);
  if (kind === undefined || state === undefined) throw unreadable(what);
  const { seq, at, attempt } = row;
  return { seq, at, runId: row.run_id, kind, state, attempt, reason: parseNullable(row.reason, what) };
}
