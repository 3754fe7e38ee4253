import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../../agent/core/database.ts';
import { decodeBlock } from './point-block.ts';

export interface StoredPoint {
  /** Unix milliseconds. */
  readonly timeMs: number;
  readonly seriesId: number;
  /** As in line protocol. */
  readonly fields: string;
}

export interface BlockQuery {
  readonly familyId: number;
  /** `fromMs` ≤ time < `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly series: ReadonlySet<number>;
  readonly limit: number;
}

/** Blocks that cross from the database's thread at a time: 200 kB, of which many have a tenth. */
const PAGE_BLOCKS = 32;
/** Blocks decoded before other work gets its turn: two milliseconds, where they are full. */
const TURN_BLOCKS = 8;

/** Walks back in time from (toMs, 0), which stands before every block at toMs. */
const READ_PAGE = `SELECT id, time_ms, body FROM block
  WHERE family_id = ? AND time_ms >= ? AND (time_ms, id) < (?, ?) AND last_series >= ? AND first_series <= ?
  ORDER BY time_ms DESC, id DESC LIMIT ?`;

/** Reads the blocks of one family back in time. */
export class BlockReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest points, newest first: where there are more than the limit, at least one more, which tells so. */
  async newest(query: BlockQuery): Promise<readonly StoredPoint[]> {
    const { familyId, fromMs, toMs, series, limit } = query;
    const [first, last] = boundsOf(series);
    const points: StoredPoint[] = [];
    /** Series that have their point at the time of `before`: what lies in earlier blocks was replaced. */
    let seen = new Set<number>();
    let before = { timeMs: toMs, id: 0 };
    for (;;) {
      const parameters = [familyId, fromMs, before.timeMs, before.id, first, last, PAGE_BLOCKS];
      const blocks = await this.#database.query(READ_PAGE, parameters);
      for (const [index, { id, time_ms, body }] of blocks.entries()) {
        if (index % TURN_BLOCKS === TURN_BLOCKS - 1) await nextTurn();
        if (!(body instanceof Uint8Array)) throw new Error('a block of the history is no blob');
        const timeMs = Number(time_ms);
        if (timeMs !== before.timeMs) seen = new Set();
        before = { timeMs, id: Number(id) };
        for (const [seriesId, fields] of decodeBlock(body, (candidate) => series.has(candidate))) {
          if (!seen.has(seriesId)) points.push({ timeMs, seriesId, fields });
          seen.add(seriesId);
        }
        if (points.length > limit) return points;
      }
      if (blocks.length < PAGE_BLOCKS) return points;
    }
  }
}

/** The least and the greatest id. */
function boundsOf(series: ReadonlySet<number>): readonly [number, number] {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const id of series) {
    first = Math.min(first, id);
    last = Math.max(last, id);
  }
  return [first, last];
}
