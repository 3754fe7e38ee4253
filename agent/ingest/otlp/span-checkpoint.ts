import type { CapturedState, Checkpointed } from '../../core/checkpoint.ts';
import type { Clock } from '../../core/clock.ts';
import type { Database, SqlRow, SqlStatement } from '../../core/database.ts';
import type { Logger } from '../../core/logger.ts';
import type { SpanMemory } from './span-memory.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS otlp_spans (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, seed INTEGER NOT NULL, hashes BLOB NOT NULL
) STRICT`;
const INSERT = 'INSERT INTO otlp_spans (at_ms, seed, hashes) VALUES (?, ?, ?)';
const DELETE_OLD = 'DELETE FROM otlp_spans WHERE at_ms < ?';
const SELECT = 'SELECT seed, hashes FROM otlp_spans WHERE at_ms >= ? ORDER BY id DESC';

/**
 * Writes which spans were counted with the windows in which they were, so that one that comes again after a restart
 * counts once: eight bytes a span, a row a flush, for as long as spans are remembered.
 */
export class SpanCheckpoint implements Checkpointed {
  readonly schema = SCHEMA;
  readonly #memory: SpanMemory;
  readonly #keepMs: number;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Of the newest row; undefined: there is none. */
  #newestMs: number | undefined;

  constructor(memory: SpanMemory, keepMs: number, clock: Clock, log: Logger) {
    this.#memory = memory;
    this.#keepMs = keepMs;
    this.#clock = clock;
    this.#log = log;
  }

  capture(): CapturedState {
    const nowMs = Math.floor(this.#clock.wallMs());
    const words = this.#memory.takeNew();
    const hadRows = this.#newestMs;
    const statements: SqlStatement[] = [];
    if (hadRows !== undefined) statements.push({ sql: DELETE_OLD, rows: [[BigInt(nowMs - this.#keepMs)]] });
    if (hadRows !== undefined && hadRows < nowMs - this.#keepMs) this.#newestMs = undefined;
    if (words.length > 0) {
      const hashes = new Uint8Array(words.buffer);
      statements.push({ sql: INSERT, rows: [[BigInt(nowMs), BigInt(this.#memory.seed), hashes]] });
      this.#newestMs = nowMs;
    }
    return {
      statements: () => Promise.resolve(statements),
      committed: () => {},
      abandoned: () => {
        this.#memory.giveBack(words);
        this.#newestMs = hadRows;
      },
    };
  }

  async restore(database: Database): Promise<void> {
    const oldestMs = BigInt(Math.floor(this.#clock.wallMs() - this.#keepMs));
    try {
      await database.transaction([{ sql: DELETE_OLD, rows: [[oldestMs]] }]);
      const rows = await database.query(SELECT, [oldestMs]);
      for (const row of rows) this.#restoreRow(row, rows[0]?.['seed']);
      if (rows.length > 0) this.#newestMs = Math.floor(this.#clock.wallMs());
    } catch (error) {
      this.#log.warn(
        { error: String(error) },
        'spans of OTLP counted before the restart are unknown: resent ones count again',
      );
    }
  }

  /** Rows of another seed than the newest are of no use. */
  #restoreRow({ seed, hashes }: SqlRow, newestSeed: unknown): void {
    if (seed !== newestSeed || !(hashes instanceof Uint8Array)) return;
    this.#memory.restore(new Int32Array(hashes.slice().buffer), Number(seed));
  }
}
