import type { Connection } from './connection.js';
import { parseColumn } from './json.js';
import { statement } from './statement.js';
import type { DueNotification, Notification } from './stored.js';

export const NOTIFICATION_SQL = {
  add: 'INSERT INTO notifications (at, payload, next_at) VALUES (?, ?, ?)',
  due: 'SELECT id, tries, payload FROM notifications WHERE next_at <= ? ORDER BY next_at, id LIMIT ?',
  next: 'SELECT min(next_at) AS at FROM notifications',
  delivered: 'DELETE FROM notifications WHERE id = ?',
  failed: 'UPDATE notifications SET tries = tries + 1, next_at = ? WHERE id = ?',
};

/** What is still to be told: a row is there until its delivery is known. */
export function notifications(db: Connection) {
  const add = statement<[number, string, number]>(db, NOTIFICATION_SQL.add);
  const due = statement<[number, number], { id: number; tries: number; payload: string }>(
    db,
    NOTIFICATION_SQL.due,
  );
  const next = statement<[], { at: number | null }>(db, NOTIFICATION_SQL.next);
  const delivered = statement<[number]>(db, NOTIFICATION_SQL.delivered);
  const failed = statement<[number, number]>(db, NOTIFICATION_SQL.failed);

  return {
    add: (payload: Notification) => void add.run(payload.at, JSON.stringify(payload), payload.at),
    due: (now: number, limit: number): DueNotification[] =>
      due.all(now, limit).map(({ id, tries, payload }) => ({
        id,
        tries,
        payload: parseColumn(payload, `notification ${id}`),
      })),
    /** When the next one is due, Unix ms; null when there is none. */
    nextAt: (): number | null => next.get()?.at ?? null,
    delivered: (id: number) => void delivered.run(id),
    failed: (id: number, nextAt: number) => void failed.run(nextAt, id),
  };
}
