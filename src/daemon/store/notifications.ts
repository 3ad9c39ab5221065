import type { Connection } from './connection.js';
import { parseColumn } from './json.js';
import { statement } from './statement.js';
import type { Notification, StoredNotification } from './stored.js';

export const NOTIFICATION_SQL = {
  add: 'INSERT INTO notifications (at, payload) VALUES (?, ?)',
  after: 'SELECT id, payload FROM notifications WHERE id > ? ORDER BY id LIMIT ?',
  forget: 'DELETE FROM notifications WHERE id <= ?',
};

/** What is still to be told: a row is there until every target is done with it. */
export function notifications(db: Connection) {
  const add = statement<[number, string]>(db, NOTIFICATION_SQL.add);
  const after = statement<[number, number], { id: number; payload: string }>(db, NOTIFICATION_SQL.after);
  const forget = statement<[number]>(db, NOTIFICATION_SQL.forget);

  return {
    add: (payload: Notification) => void add.run(payload.at, JSON.stringify(payload)),
    /** Rows with a larger id, the oldest first. */
    after: (id: number, limit: number): StoredNotification[] =>
      after.all(id, limit).map(({ id, payload }) => ({
        id,
        payload: parseColumn(payload, `notification ${id}`),
      })),
    forget: (upTo: number) => void forget.run(upTo),
  };
}

/** The fact that holds the id of the newest row that a target is done with. */
export const toldFact = (target: string): string => `told:${target}`;
