import type { CapturedState, Checkpointed } from '../core/checkpoint.ts';
import type { Clock } from '../core/clock.ts';
import type { Database, SqlRow, SqlStatement, SqlValue } from '../core/database.ts';
import type { Logger } from '../core/logger.ts';
import { ProducerWindow } from './producer-window.ts';

const MAX_PRODUCERS = 10_000;
/** How far the order of the map may lag behind that of use. */
const REORDER_AFTER_MS = 1000;

const SCHEMA = `CREATE TABLE IF NOT EXISTS dedupe_producers (
  producer BLOB PRIMARY KEY, highest INTEGER NOT NULL, seen_ms INTEGER NOT NULL, state BLOB NOT NULL
) STRICT, WITHOUT ROWID`;
const UPSERT =
  'INSERT OR REPLACE INTO dedupe_producers (producer, highest, seen_ms, state) VALUES (?, ?, ?, ?)';
const DELETE = 'DELETE FROM dedupe_producers WHERE producer = ?';
const DELETE_OLD = 'DELETE FROM dedupe_producers WHERE seen_ms < ?';
const SELECT = `SELECT producer, highest, seen_ms, state FROM dedupe_producers ORDER BY seen_ms DESC LIMIT ${MAX_PRODUCERS}`;

/**
 * Which batches were counted, by producer, so that one that comes again because its answer got lost counts once:
 * also over another connection, and after a restart. Producers that were silent for `forgetAfterMs` are forgotten,
 * and beyond 10,000 the one that was silent longest.
 */
export class Dedupe implements Checkpointed {
  readonly schema = SCHEMA;
  readonly #forgetAfterMs: number;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** By id, a byte a character; the one silent longest comes first. */
  readonly #producers = new Map<string, ProducerWindow>();
  /** Forgotten, and still on disk. */
  #gone: string[] = [];

  constructor(forgetAfterMs: number, clock: Clock, log: Logger) {
    this.#forgetAfterMs = forgetAfterMs;
    this.#clock = clock;
    this.#log = log;
  }

  /** The window of a producer, opened if new; `seenMs` is now. */
  producer(id: Uint8Array, nowMs: number): ProducerWindow {
    const key = keyOf(id);
    const known = this.#producers.get(key);
    if (known !== undefined && nowMs - known.seenMs < REORDER_AFTER_MS) return known;
    this.#producers.delete(key);
    const producer = known ?? new ProducerWindow();
    producer.seenMs = nowMs;
    this.#producers.set(key, producer);
    if (this.#producers.size > MAX_PRODUCERS) this.#forgetFirst();
    return producer;
  }

  capture(): CapturedState {
    this.#forgetSilent();
    const gone = this.#gone;
    this.#gone = [];
    const changed: ProducerWindow[] = [];
    const rows: SqlValue[][] = [];
    for (const [key, producer] of this.#producers) {
      if (!producer.dirty) continue;
      producer.dirty = false;
      producer.stored = true;
      changed.push(producer);
      rows.push([
        bytesOf(key),
        BigInt(producer.highest),
        BigInt(Math.floor(producer.seenMs)),
        producer.encode(),
      ]);
    }
    return {
      statements: () => Promise.resolve(statements(rows, gone)),
      committed: () => {},
      abandoned: () => {
        for (const producer of changed) producer.dirty = true;
        this.#gone.push(...gone);
      },
    };
  }

  async restore(database: Database): Promise<void> {
    const oldestMs = BigInt(Math.floor(this.#clock.wallMs() - this.#forgetAfterMs));
    try {
      await database.transaction([{ sql: DELETE_OLD, rows: [[oldestMs]] }]);
      const rows = await database.query(SELECT);
      for (const row of rows.toReversed()) this.#restoreRow(row);
    } catch (error) {
      this.#log.warn(
        { error: String(error) },
        'batches counted before the restart are unknown: resent ones count again',
      );
    }
  }

  #restoreRow(row: SqlRow): void {
    const { producer: id, highest, seen_ms: seenMs, state } = row;
    const producer = state instanceof Uint8Array ? ProducerWindow.decode(state) : undefined;
    if (producer === undefined || !(id instanceof Uint8Array)) return;
    producer.highest = Number(highest);
    producer.seenMs = Number(seenMs);
    producer.stored = true;
    this.#producers.set(keyOf(id), producer);
  }

  #forgetSilent(): void {
    const oldestMs = this.#clock.wallMs() - this.#forgetAfterMs;
    for (const producer of this.#producers.values()) {
      if (producer.seenMs >= oldestMs) return;
      this.#forgetFirst();
    }
  }

  #forgetFirst(): void {
    const [first] = this.#producers;
    this.#producers.delete(first[0]);
    if (first[1].stored) this.#gone.push(first[0]);
  }
}

function statements(
  rows: readonly (readonly SqlValue[])[],
  gone: readonly string[],
): readonly SqlStatement[] {
  const all = [
    { sql: DELETE, rows: gone.map((key) => [bytesOf(key)]) },
    { sql: UPSERT, rows },
  ];
  return all.filter((statement) => statement.rows.length > 0);
}

function keyOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
}

function bytesOf(key: string): Uint8Array {
  return Buffer.from(key, 'latin1');
}
