import type { Database, SqlStatement, SqlValue } from '../../agent/core/database.ts';
import { decodeKey, splitLine } from '../../agent/core/line-decoder.ts';
import { SERIES_TOUCH_MS, WINDOW_TAG } from './history-schema.ts';

/** Beyond this many the memory of known series starts anew: it only spares writes. */
const MAX_KNOWN_SERIES = 30_000;

const ADD_FAMILY = 'INSERT OR IGNORE INTO family (measurement, window_tag) VALUES (?, ?)';
const TOUCH_SERIES = `INSERT INTO series (key, family_id, tags, last_ms)
  SELECT ?, id, ?, ? FROM family WHERE measurement = ? AND window_tag = ?
  ON CONFLICT (key) DO UPDATE SET last_ms = max(last_ms, excluded.last_ms)`;
const PUT_POINT = `INSERT OR REPLACE INTO point (family_id, time_ms, series_id, fields)
  SELECT family_id, ?, id, ? FROM series WHERE key = ?`;

/** Places in the parameters of `TOUCH_SERIES`. */
const LAST_MS = 2;
const FAMILY = 3;

/** Turns lines into rows; one transaction for each call. */
export class PointWriter {
  readonly #database: Database;
  /** The series that are in the database, with the `last_ms` they have there at least. */
  readonly #known = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Writes the points of these lines and returns how many lines were not points. Rejects if nothing was written. */
  async write(lines: readonly string[]): Promise<number> {
    const points: SqlValue[][] = [];
    const touched = new Map<string, SqlValue[]>();
    for (const line of lines) {
      const parts = splitLine(line);
      if (parts === undefined) continue;
      const { key, fieldText, timestampMs } = parts;
      if (!touched.has(key) && this.#isStale(key, timestampMs)) {
        const row = seriesRow(key, timestampMs);
        if (row === undefined) continue;
        touched.set(key, row);
      }
      points.push([timestampMs, fieldText, key]);
    }
    if (points.length === 0) return lines.length;
    await this.#database.transaction([
      ...touchSeries([...touched.values()]),
      { sql: PUT_POINT, rows: points },
    ]);
    this.#remember(touched);
    return lines.length - points.length;
  }

  #isStale(key: string, timestampMs: number): boolean {
    const lastMs = this.#known.get(key);
    return lastMs === undefined || lastMs + SERIES_TOUCH_MS < timestampMs;
  }

  #remember(touched: ReadonlyMap<string, readonly SqlValue[]>): void {
    if (this.#known.size + touched.size > MAX_KNOWN_SERIES) this.#known.clear();
    // A copy of the key, since a part of a string would keep the whole batch in memory.
    for (const [key, row] of touched) this.#known.set(Buffer.from(key).toString(), Number(row[LAST_MS]));
  }
}

/** Parameters of `TOUCH_SERIES`; undefined if the key is malformed. */
function seriesRow(key: string, lastMs: number): SqlValue[] | undefined {
  const decoded = decodeKey(key);
  if (decoded === undefined) return undefined;
  const { measurement, tags } = decoded;
  return [key, JSON.stringify(tags), lastMs, measurement, tags[WINDOW_TAG] ?? ''];
}

function touchSeries(rows: readonly (readonly SqlValue[])[]): SqlStatement[] {
  if (rows.length === 0) return [];
  return [
    { sql: ADD_FAMILY, rows: rows.map((row) => row.slice(FAMILY)) },
    { sql: TOUCH_SERIES, rows },
  ];
}
