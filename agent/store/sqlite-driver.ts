import { isBuiltin } from 'node:module';
import type { DatabaseSync } from '@photostructure/sqlite';

/** A file opened by whichever library; its calls block, so it lives in the database thread. */
export type SqliteConnection = InstanceType<typeof DatabaseSync>;

type SqliteModule = Pick<typeof import('@photostructure/sqlite'), 'DatabaseSync'>;

/**
 * The runtime's own SQLite where it has one (Node ≥ 22.13), else the package with the same interface: then the
 * image needs no second copy of the library.
 */
export async function loadSqlite(): Promise<(path: string) => SqliteConnection> {
  const name: string = isBuiltin('node:sqlite') ? 'node:sqlite' : '@photostructure/sqlite';
  const { DatabaseSync } = (await import(name)) as SqliteModule;
  return (path) => new DatabaseSync(path);
}
