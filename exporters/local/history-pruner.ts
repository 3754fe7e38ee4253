import type { Database, SqlRow } from '../../agent/core/database.ts';
import { SERIES_TOUCH_MS } from './history-schema.ts';
import type { LocalOptions } from './options.ts';

/** One deletion takes this share of the time that the history spans: small enough not to hold writes up. */
const STEP_RATIO = 1 / 64;
const MIN_STEP_MS = 1000;
const MAX_STEPS = 8;
/** What is written until the next look, and half-filled pages, must still fit. */
const FULL_RATIO = 0.95;

const MEASURE = `SELECT
  (SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count) AS pages,
  (SELECT page_size FROM pragma_page_size) AS page_bytes,
  (SELECT min((SELECT min(time_ms) FROM block WHERE family_id = family.id)) FROM family) AS oldest_ms,
  (SELECT max((SELECT max(time_ms) FROM block WHERE family_id = family.id)) FROM family) AS newest_ms`;
const CUT_BLOCKS = 'DELETE FROM block WHERE family_id IN (SELECT id FROM family) AND time_ms < ?';
const CUT_SERIES = 'DELETE FROM series WHERE last_ms < ?';

/** How much there is. The times are undefined in an empty history. */
export interface HistoryExtent {
  readonly usedBytes: number;
  readonly oldestMs: number | undefined;
  readonly newestMs: number | undefined;
}

/**
 * Keeps the history within its age and its size by cutting off its old end. Pages that become free are used
 * again, or given back by whoever opened the database.
 */
export class HistoryPruner {
  readonly #database: Database;
  readonly #options: LocalOptions;

  constructor(database: Database, options: LocalOptions) {
    this.#database = database;
    this.#options = options;
  }

  async measure(): Promise<HistoryExtent> {
    const [row] = await this.#database.query(MEASURE);
    return {
      usedBytes: Number(row['pages']) * Number(row['page_bytes']),
      oldestMs: readTime(row, 'oldest_ms'),
      newestMs: readTime(row, 'newest_ms'),
    };
  }

  /** Cuts in a few small steps; what is then still too much goes with the next calls. */
  async prune(nowMs: number): Promise<void> {
    let extent = await this.measure();
    for (let step = 0; step < MAX_STEPS; step++) {
      const cutMs = this.#nextCut(extent, nowMs);
      if (cutMs === undefined) break;
      await this.#database.transaction([{ sql: CUT_BLOCKS, rows: [[cutMs]] }]);
      extent = await this.measure();
    }
    const oldestMs = extent.oldestMs ?? Math.floor(nowMs);
    await this.#database.transaction([{ sql: CUT_SERIES, rows: [[oldestMs - SERIES_TOUCH_MS]] }]);
  }

  /** Points older than this go next; undefined: none have to. */
  #nextCut({ usedBytes, oldestMs, newestMs }: HistoryExtent, nowMs: number): number | undefined {
    if (oldestMs === undefined || newestMs === undefined) return undefined;
    const nextMs = oldestMs + Math.max(MIN_STEP_MS, Math.floor((newestMs - oldestMs) * STEP_RATIO));
    if (usedBytes > this.#options.maxBytes * FULL_RATIO) return nextMs;
    const expiredMs = Math.floor(nowMs) - this.#options.retentionMs;
    return expiredMs > oldestMs ? Math.min(expiredMs, nextMs) : undefined;
  }
}

function readTime(row: SqlRow, column: string): number | undefined {
  const value = row[column];
  return value === null ? undefined : Number(value);
}
