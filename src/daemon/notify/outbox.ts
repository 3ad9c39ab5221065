import type { StoredNotification } from '../store/stored.js';

/** What is still to be told: rows that were written with the changes they tell of. */
export interface Outbox {
  /** Rows with a larger id, the oldest first. */
  after(id: number, limit: number): StoredNotification[];
  /** The newest row that the target is done with; 0 for a target never seen. */
  cursor(target: string): number;
  /** Makes durable that the target is done with all rows up to `id`. */
  advance(target: string, id: number): Promise<unknown>;
  /** No target needs the rows up to `id` any more. */
  forget(id: number): Promise<unknown>;
}
