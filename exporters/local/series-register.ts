import type { Database, SqlStatement, SqlValue } from '../../agent/core/database.ts';
import { decodeKey } from '../../agent/core/line-decoder.ts';
import { SERIES_TOUCH_MS } from './history-schema.ts';

/** Beyond this many the memory of known series starts anew: it only spares questions and writes. */
const MAX_KNOWN_SERIES = 30_000;

const GREATEST_ID = 'SELECT max(id) AS id FROM series';
const FIND_SERIES = 'SELECT id, key, last_ms FROM series WHERE key IN (SELECT value FROM json_each(?))';
const TOUCH_SERIES = `INSERT INTO series (id, key, measurement, tags, last_ms) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET last_ms = max(last_ms, excluded.last_ms)`;

interface KnownSeries {
  readonly id: number;
  /** What `series.last_ms` is at least, once `statements` were written. */
  readonly lastMs: number;
}

/** Gives series their ids, and says which of them are to be written. */
export class SeriesRegister {
  readonly #database: Database;
  readonly #known = new Map<string, KnownSeries>();
  #nextId: number | undefined;
  /** Parameters of `TOUCH_SERIES`. */
  #touched: SqlValue[][] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  /** Looks up those of the keys that are not known yet. Rejects if the database cannot be read. */
  async learn(keys: readonly string[]): Promise<void> {
    const unknown = [...new Set(keys)].filter((key) => !this.#known.has(key));
    if (unknown.length === 0) return;
    if (this.#nextId === undefined) {
      const [row] = await this.#database.query(GREATEST_ID);
      this.#nextId = Number(row?.['id'] ?? 0) + 1;
    }
    for (const row of await this.#database.query(FIND_SERIES, [JSON.stringify(unknown)])) {
      this.#known.set(String(row['key']), { id: Number(row['id']), lastMs: Number(row['last_ms']) });
    }
  }

  /** Id of the series of a key that was learnt, which has a point at that time; undefined if the key is malformed. */
  touch(key: string, timestampMs: number): number | undefined {
    const known = this.#known.get(key);
    if (known !== undefined && timestampMs <= known.lastMs + SERIES_TOUCH_MS) return known.id;
    const decoded = decodeKey(key);
    if (decoded === undefined) return undefined;
    // A copy of the key, since a part of a string would keep the whole line in memory.
    const own = Buffer.from(key).toString();
    const id = known?.id ?? this.#takeId();
    this.#known.set(own, { id, lastMs: timestampMs });
    this.#touched.push([id, own, decoded.measurement, JSON.stringify(decoded.tags), timestampMs]);
    return id;
  }

  /** What is to be written with the points of the series that were touched. */
  statements(): SqlStatement[] {
    return this.#touched.length === 0 ? [] : [{ sql: TOUCH_SERIES, rows: this.#touched }];
  }

  /** What `statements` said was written. */
  written(): void {
    this.#touched = [];
    if (this.#known.size > MAX_KNOWN_SERIES) this.#known.clear();
  }

  /** It was not. */
  abandoned(): void {
    this.#touched = [];
    this.#known.clear();
  }

  #takeId(): number {
    if (this.#nextId === undefined) throw new Error('bug: a series was touched that nobody looked up');
    return this.#nextId++;
  }
}
