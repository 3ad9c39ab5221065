import type Database from 'better-sqlite3';
import { UserError } from '../errors.js';
import { pragma } from './open.js';
import { MIGRATIONS } from './schema.js';

/** Brings the schema up to date, all or nothing. Throws UserError database_newer. */
export function migrate(db: Database.Database, migrations: readonly string[] = MIGRATIONS): void {
  const version = Number(pragma(db, 'user_version'));
  if (version > migrations.length)
    throw new UserError(
      'database_newer',
      `${db.name} was written by a newer expd (schema ${version}, this one knows ${migrations.length})`,
      'install that version again, or use another state directory',
    );
  if (version === migrations.length) return;
  db.transaction(() => {
    for (const migration of migrations.slice(version)) db.exec(migration);
    db.exec(`PRAGMA user_version = ${migrations.length}`);
  }).immediate();
}
