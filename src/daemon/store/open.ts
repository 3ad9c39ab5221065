import Database from 'better-sqlite3';

/** What must live as long as its thread. */
const kept: object[] = [];

/**
 * Opens a database whose objects are never garbage-collected. From 24.19 on Node aborts when a collection that
 * no JavaScript asked for finalises an ObjectWrap, which Statement and Database of better-sqlite3 12 are
 * (13 is not, and needs Node 22). So every Statement comes from `prepare`, is named once and stays;
 * `pragma()` would make one behind our back at each call: settings go through `exec`.
 */
export function openDatabase(file: string, options?: Database.Options): Database.Database {
  const database = new Database(file, options);
  kept.push(database);
  const prepare = database.prepare.bind(database) as (sql: string) => Database.Statement;
  return Object.assign(database, {
    prepare: (sql: string) => {
      const statement = prepare(sql);
      kept.push(statement);
      return statement;
    },
  });
}

/** The value of a `PRAGMA` that answers with one. */
export const pragma = (database: Database.Database, name: string): unknown =>
  database.prepare(`PRAGMA ${name}`).pluck().get();
