import { UserError } from '../errors.js';

/** A row that SQLite could read and we cannot: a flipped byte, or a hand in the file. */
export const unreadable = (what: string, cause?: unknown): UserError =>
  new UserError(
    'database_corrupt',
    `the database holds what was never written to it: ${what}`,
    'expctl doctor checks it; put a backup (expctl daemon backup) in its place',
    { cause },
  );

/** A column that we wrote as JSON. `what` names the row. */
export function parseColumn<T>(text: string, what: string): T {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(what, cause);
  }
}

export const parseNullable = <T>(text: string | null, what: string): T | null =>
  text === null ? null : parseColumn<T>(text, what);

export const toJson = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
