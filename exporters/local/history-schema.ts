import type { Database, SqlStatement } from '../../agent/core/database.ts';

/**
 * The tables of the history; idempotent.
 *
 * A series is a measurement with all its tags but `window`, a family the points of a measurement with the same
 * `window`. Those that a flush makes of a family at one time lie together in compressed blocks (`point-block.ts`), in
 * the order in which they were written: a flush appends, a range of time is one run of the index, and what is too old
 * is cut off in one piece. Of two points with the same tags and time the one in the later block counts.
 */
const historySchema: readonly SqlStatement[] = [
  {
    sql: `CREATE TABLE IF NOT EXISTS family (
      id INTEGER PRIMARY KEY,
      measurement TEXT NOT NULL,
      window_tag TEXT NOT NULL,
      UNIQUE (measurement, window_tag)
    ) STRICT`,
  },
  {
    // key: measurement and tags as in line protocol. tags: as JSON. last_ms: see SERIES_TOUCH_MS.
    sql: `CREATE TABLE IF NOT EXISTS series (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      measurement TEXT NOT NULL,
      tags TEXT NOT NULL,
      last_ms INTEGER NOT NULL
    ) STRICT`,
  },
  { sql: 'CREATE INDEX IF NOT EXISTS series_of_measurement ON series (measurement)' },
  {
    // first_series, last_series: the least and greatest id of its points' series.
    sql: `CREATE TABLE IF NOT EXISTS block (
      id INTEGER PRIMARY KEY,
      family_id INTEGER NOT NULL,
      time_ms INTEGER NOT NULL,
      first_series INTEGER NOT NULL,
      last_series INTEGER NOT NULL,
      body BLOB NOT NULL
    ) STRICT`,
  },
  { sql: 'CREATE INDEX IF NOT EXISTS block_of_family ON block (family_id, time_ms)' },
];

/** Written into the file; another one there means that its tables are of another form. */
const HISTORY_VERSION = 2;

/** Makes the tables. Those of another version of the agent go: a day of history is not worth a conversion. */
export async function prepareHistory(database: Database): Promise<void> {
  const [row] = await database.query('PRAGMA user_version');
  const isCurrent = row?.['user_version'] === HISTORY_VERSION;
  const tables = isCurrent
    ? []
    : await database.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
  await database.transaction([
    ...tables.map(({ name }) => ({ sql: `DROP TABLE "${name}"` })),
    ...historySchema,
    { sql: `PRAGMA user_version = ${HISTORY_VERSION}` },
  ]);
}

/** The tag that families are made by; a measurement without it is one family. */
export const WINDOW_TAG = 'window';

/** `series.last_ms` is up to this much older than the series' last point, so that few flushes write it. */
export const SERIES_TOUCH_MS = 3_600_000;
