import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, SqlValue } from '../../agent/core/database.ts';
import { type DecodedPoint, decodeFields } from '../../agent/core/line-decoder.ts';
import { BlockReader, type StoredPoint } from './block-reader.ts';
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

interface Family {
  readonly id: number;
  readonly window: string;
}

interface FoundPoint extends StoredPoint {
  readonly window: string;
}

/** The most recently active ones of a query. */
const MAX_SERIES = 10_000;
/** Rows decoded before other work gets its turn: some two milliseconds. */
const TURN_ROWS = 250;

/** Reads what `LocalExporter` keeps. Neither blocks the other for longer than one of their statements. */
export class LocalHistory {
  readonly #database: Database;
  readonly #blocks: BlockReader;

  constructor(database: Database) {
    this.#database = database;
    this.#blocks = new BlockReader(database);
  }

  /** Rejects if the database cannot be read. */
  async query(query: HistoryQuery): Promise<HistoryResult> {
    const tagsById = await this.#findSeries(query);
    if (tagsById.size === 0) return { rows: [], truncated: false };
    const points: FoundPoint[] = [];
    for (const { id, window } of await this.#findFamilies(query)) {
      const found = await this.#blocks.newest({ ...query, familyId: id, series: new Set(tagsById.keys()) });
      for (const point of found) points.push({ ...point, window });
    }
    points.sort((a, b) => a.timeMs - b.timeMs || a.seriesId - b.seriesId);
    const truncated = points.length > query.limit || tagsById.size === MAX_SERIES;
    return { rows: await decodePoints(points.slice(-query.limit), tagsById), truncated };
  }

  async #findFamilies({ measurement, tags }: HistoryQuery): Promise<readonly Family[]> {
    const rows = await this.#database.query('SELECT id, window_tag FROM family WHERE measurement = ?', [
      measurement,
    ]);
    const families = rows.map((row) => ({ id: Number(row['id']), window: String(row['window_tag']) }));
    const wanted = tags[WINDOW_TAG];
    return wanted === undefined ? families : families.filter(({ window }) => window === wanted);
  }

  async #findSeries({ measurement, tags }: HistoryQuery): Promise<ReadonlyMap<number, DecodedPoint['tags']>> {
    const conditions = ['measurement = ?'];
    const parameters: SqlValue[] = [measurement];
    for (const [name, value] of Object.entries(tags)) {
      if (name === WINDOW_TAG) continue;
      conditions.push(`coalesce((SELECT value FROM json_each(tags) WHERE key = ?), '') = ?`);
      parameters.push(name, value);
    }
    const rows = await this.#database.query(
      `SELECT id, tags FROM series
       WHERE ${conditions.join(' AND ')} ORDER BY last_ms DESC LIMIT ${MAX_SERIES}`,
      parameters,
    );
    return new Map(rows.map((row) => [Number(row['id']), JSON.parse(String(row['tags']))]));
  }
}

async function decodePoints(
  points: readonly FoundPoint[],
  tagsById: ReadonlyMap<number, DecodedPoint['tags']>,
): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for (const [index, { timeMs, seriesId, window, fields }] of points.entries()) {
    if (index % TURN_ROWS === TURN_ROWS - 1) await nextTurn();
    const tags = { ...tagsById.get(seriesId), ...(window !== '' && { [WINDOW_TAG]: window }) };
    rows.push({ time: timeMs, tags, fields: decodeFields(fields) ?? {} });
  }
  return rows;
}
