import type { SqlStatement } from '../../agent/core/database.ts';

/**
 * The tables of the history; idempotent.
 *
 * A family is what one query reads: the series of a measurement with the same `window`. Points are clustered by
 * family and time, so that a flush appends at a few places instead of touching a page of every series, a range of
 * time is one run of pages, and what is too old is cut off in one piece. Same tags and time: the same row.
 */
export const historySchema: readonly SqlStatement[] = [
  {
    sql: `CREATE TABLE IF NOT EXISTS family (
      id INTEGER PRIMARY KEY,
      measurement TEXT NOT NULL,
      window_tag TEXT NOT NULL,
      UNIQUE (measurement, window_tag)
    ) STRICT`,
  },
  {
    // key: measurement and tags as in line protocol. tags: the same as JSON. last_ms: see SERIES_TOUCH_MS.
    sql: `CREATE TABLE IF NOT EXISTS series (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      family_id INTEGER NOT NULL,
      tags TEXT NOT NULL,
      last_ms INTEGER NOT NULL
    ) STRICT`,
  },
  { sql: 'CREATE INDEX IF NOT EXISTS series_of_family ON series (family_id)' },
  {
    // fields: as in line protocol.
    sql: `CREATE TABLE IF NOT EXISTS point (
      family_id INTEGER NOT NULL,
      time_ms INTEGER NOT NULL,
      series_id INTEGER NOT NULL,
      fields TEXT NOT NULL,
      PRIMARY KEY (family_id, time_ms, series_id)
    ) STRICT, WITHOUT ROWID`,
  },
];

/** The tag that families are made by; a measurement without it is one family. */
export const WINDOW_TAG = 'window';

/** `series.last_ms` is up to this much older than the series' last point, so that few flushes write it. */
export const SERIES_TOUCH_MS = 3_600_000;
