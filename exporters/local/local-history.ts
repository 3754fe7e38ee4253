import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, SqlValue } from '../../agent/core/database.ts';
import { type DecodedPoint, decodeFields } from '../../agent/core/line-decoder.ts';
import { WINDOW_TAG } from './history-schema.ts';

/** Points of one measurement in `fromMs` ≤ time < `toMs` that have all these tags; '' means: without the tag. */
export interface HistoryQuery {
  readonly measurement: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly tags: DecodedPoint['tags'];
  /** Rows at the most; the newest ones are kept. */
  readonly limit: number;
}

interface HistoryRow {
  /** Unix milliseconds. */
  readonly time: number;
  readonly tags: DecodedPoint['tags'];
  readonly fields: DecodedPoint['fields'];
}

export interface HistoryResult {
  /** Ascending in time. */
  readonly rows: readonly HistoryRow[];
  /** There were more, older ones, or more series than are looked at. */
  readonly truncated: boolean;
}

interface MatchingSeries {
  readonly familyIds: readonly number[];
  readonly tagsById: ReadonlyMap<number, DecodedPoint['tags']>;
}

interface StoredPoint {
  readonly timeMs: number;
  readonly seriesId: number;
  readonly fields: string;
}

/** The most recently active ones of a query. */
const MAX_SERIES = 10_000;
/** Rows that cross from the database's thread at a time. */
const PAGE_ROWS = 1000;
/** Rows decoded before other work gets its turn: some two milliseconds. */
const TURN_ROWS = 250;

/** Walks back in time from (toMs, 0), which stands before every point at toMs. */
const READ_PAGE = `SELECT time_ms, series_id, fields FROM point
  WHERE family_id = ? AND time_ms >= ? AND (time_ms, series_id) < (?, ?)
    AND series_id IN (SELECT value FROM json_each(?))
  ORDER BY time_ms DESC, series_id DESC LIMIT ?`;

/** Reads what `LocalExporter` keeps. Neither blocks the other for longer than one of their statements. */
export class LocalHistory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Rejects if the database cannot be read. */
  async query(query: HistoryQuery): Promise<HistoryResult> {
    const { familyIds, tagsById } = await this.#findSeries(query);
    const points: StoredPoint[] = [];
    for (const familyId of familyIds) {
      for (const point of await this.#readNewest(familyId, [...tagsById.keys()], query)) points.push(point);
    }
    points.sort((a, b) => a.timeMs - b.timeMs || a.seriesId - b.seriesId);
    const truncated = points.length > query.limit || tagsById.size === MAX_SERIES;
    return { rows: await decodePoints(points.slice(-query.limit), tagsById), truncated };
  }

  async #findSeries({ measurement, tags }: HistoryQuery): Promise<MatchingSeries> {
    const conditions = ['measurement = ?'];
    const parameters: SqlValue[] = [measurement];
    for (const [name, value] of Object.entries(tags)) {
      if (name === WINDOW_TAG) conditions.push('window_tag = ?');
      else conditions.push(`coalesce((SELECT value FROM json_each(tags) WHERE key = ?), '') = ?`);
      parameters.push(...(name === WINDOW_TAG ? [value] : [name, value]));
    }
    const rows = await this.#database.query(
      `SELECT series.id, family_id, tags FROM series JOIN family ON family.id = family_id
       WHERE ${conditions.join(' AND ')} ORDER BY last_ms DESC LIMIT ${MAX_SERIES}`,
      parameters,
    );
    return {
      familyIds: [...new Set(rows.map((row) => Number(row['family_id'])))],
      tagsById: new Map(rows.map((row) => [Number(row['id']), JSON.parse(String(row['tags']))])),
    };
  }

  /** The newest points of one family, newest first: up to one more than the limit, which tells that there are more. */
  async #readNewest(
    familyId: number,
    seriesIds: readonly number[],
    { fromMs, toMs, limit }: HistoryQuery,
  ): Promise<readonly StoredPoint[]> {
    const points: StoredPoint[] = [];
    const ids = JSON.stringify(seriesIds);
    let before = { timeMs: toMs, seriesId: 0 };
    for (;;) {
      const wanted = Math.min(PAGE_ROWS, limit + 1 - points.length);
      const parameters = [familyId, fromMs, before.timeMs, before.seriesId, ids, wanted];
      const rows = await this.#database.query(READ_PAGE, parameters);
      for (const row of rows) {
        before = { timeMs: Number(row['time_ms']), seriesId: Number(row['series_id']) };
        points.push({ ...before, fields: String(row['fields']) });
      }
      if (rows.length < wanted || points.length > limit) return points;
    }
  }
}

async function decodePoints(
  points: readonly StoredPoint[],
  tagsById: MatchingSeries['tagsById'],
): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for (const [index, { timeMs, seriesId, fields }] of points.entries()) {
    if (index % TURN_ROWS === TURN_ROWS - 1) await nextTurn();
    rows.push({ time: timeMs, tags: tagsById.get(seriesId) ?? {}, fields: decodeFields(fields) ?? {} });
  }
  return rows;
}
