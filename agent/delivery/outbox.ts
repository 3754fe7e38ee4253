import type { CapturedState } from '../core/checkpoint.ts';
import type { Database, SqlRow, SqlStatement } from '../core/database.ts';
import type { PointBatch } from '../core/exporter.ts';
import { Acknowledgements, type Progress, progressOf } from './acknowledgements.ts';
import { type LogCursor, type LogEntry, OutboxLog } from './outbox-log.ts';

/** Idempotent. */
export const outboxSchema = `
  CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY,
    created_ms INTEGER NOT NULL,
    points INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS outbox_cursor (exporter TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
`;

export interface OutboxOptions {
  /** Names of the durable exporters; without any nothing is kept. */
  readonly exporters: readonly string[];
  /** Gzipped bytes that may wait on disk. */
  readonly maxBytes: number;
  /** Told when an exporter lost points because it lagged too far behind. */
  readonly onDrop: (exporter: string, points: number) => void;
}

interface PendingBatch extends LogEntry {
  readonly body: Uint8Array;
}

/** Batches that no transaction has taken yet, because the disk is full or broken, are kept up to this. */
const MAX_PENDING_BYTES = 32 << 20;
/** The index costs memory too: at one batch a second this is more than a day. */
const MAX_BATCHES = 100_000;
/** Copied between threads in one turn of the event loop: about 1 ms. */
const ENTRIES_PER_QUERY = 2000;

/**
 * One log of batches on disk and a cursor for each durable exporter; a batch goes when all have passed it.
 *
 * Acknowledgements ride with the transaction of the next flush and cost no fsync of their own: after a crash an
 * exporter sends at most one interval's batches again, which overwrites the same points.
 */
export class Outbox {
  readonly #database: Database;
  readonly #options: OutboxOptions;
  readonly #acknowledgements = new Acknowledgements();
  #log = new OutboxLog();
  #cursors = new Map<string, LogCursor>();
  #pending: PendingBatch[] = [];
  #nextId = 1;
  /** Id of the last batch of an earlier run. */
  #restoredTo = 0;
  /** Whether what an earlier run left is in the log: nothing younger may be dropped before. */
  #isLoaded = false;

  constructor(database: Database, options: OutboxOptions) {
    this.#database = database;
    this.#options = options;
    this.#begin(new Map(), 0);
  }

  /**
   * Finds how far the exporters had come; one without a cursor starts at the tail. Rejects if the disk cannot be
   * read: then all of it is left out, and ids go on from `nowMs`, which is beyond those on disk.
   */
  async restore(nowMs: number): Promise<void> {
    this.#nextId = Math.ceil(nowMs);
    const [last] = await this.#database.query('SELECT max(id) AS id FROM outbox');
    const rows = await this.#database.query('SELECT exporter, position FROM outbox_cursor');
    const positions = new Map(rows.map((row) => [String(row['exporter']), Number(row['position'])]));
    const tail = Math.max(Number(last?.['id'] ?? 0), ...positions.values());
    this.#begin(positions, tail);
    this.#acknowledgements.restore(positions);
    this.#nextId = tail + 1;
    this.#restoredTo = tail;
  }

  /**
   * Finds the batches that an earlier run left. Takes up to a second where a full outbox consists of many small
   * batches, so it belongs behind the start; until then nothing older than the start is known to wait.
   */
  async load(): Promise<void> {
    try {
      this.#log.prepend(await this.#loadIndex());
    } finally {
      this.#isLoaded = true;
    }
  }

  /** Keeps a batch for the next capture. */
  add(batch: PointBatch, nowMs: number): void {
    if (this.#options.exporters.length === 0) return;
    const { points, gzip } = batch;
    const createdMs = Math.floor(nowMs);
    this.#pending.push({ id: this.#nextId++, createdMs, points, bytes: gzip.length, body: gzip });
  }

  /** Of the batches that wait for this exporter, those on disk and those on the way there. */
  waiting(exporter: string): { readonly points: number; readonly bytes: number; readonly oldestMs: number } {
    const cursor = this.#cursorOf(exporter);
    const oldest = this.#log.head(cursor) ?? this.#pending[0];
    return {
      points: cursor.points + sum(this.#pending, 'points'),
      bytes: cursor.bytes + sum(this.#pending, 'bytes'),
      oldestMs: oldest?.createdMs ?? 0,
    };
  }

  /** The oldest committed batch that the exporter has not passed. */
  head(exporter: string): LogEntry | undefined {
    return this.#log.head(this.#cursorOf(exporter));
  }

  /** The batch's gzip; undefined if it is gone from the disk. */
  async read(entry: LogEntry): Promise<PointBatch | undefined> {
    const [row] = await this.#database.query('SELECT body FROM outbox WHERE id = ?', [entry.id]);
    const body = row?.['body'];
    return body instanceof Uint8Array ? { points: entry.points, gzip: body } : undefined;
  }

  /** The exporter is done with `entry`. False if it had been dropped meanwhile, and counted so. */
  pass(exporter: string, entry: LogEntry): boolean {
    const cursor = this.#cursorOf(exporter);
    if (this.#log.head(cursor) !== entry) return false;
    this.#log.pass(cursor);
    return true;
  }

  /** What is new, and how far the exporters have come, for the transaction of the flush. */
  capture(): CapturedState {
    this.#dropOldest();
    const batches = [...this.#pending];
    const progress = this.#progress();
    return {
      // Acknowledging comes first, so that the room it makes is there for the rest.
      statements: async () => [...this.#acknowledgements.statements(progress), ...insertion(batches)],
      committed: () => {
        this.#pending = this.#pending.slice(batches.length);
        for (const { id, createdMs, points, bytes } of batches) {
          this.#log.append({ id, createdMs, points, bytes });
        }
        this.#acknowledgements.committed(progress);
      },
      abandoned: () => this.#dropPending(),
    };
  }

  /** Writes how far the exporters have come, if the disk does not know yet. */
  async save(): Promise<void> {
    const progress = this.#progress();
    const statements = this.#acknowledgements.statements(progress);
    if (statements.length === 0) return;
    await this.#database.transaction(statements);
    this.#acknowledgements.committed(progress);
  }

  #begin(positions: ReadonlyMap<string, number>, tail: number): void {
    this.#log = new OutboxLog();
    this.#cursors = new Map(
      this.#options.exporters.map((name) => [name, this.#log.addCursor(name, positions.get(name) ?? tail)]),
    );
  }

  async #loadIndex(): Promise<readonly LogEntry[]> {
    const sql =
      'SELECT id, created_ms, points, bytes FROM outbox WHERE id > ? AND id <= ? ORDER BY id LIMIT ?';
    const entries: LogEntry[] = [];
    for (;;) {
      const lastId = entries.at(-1)?.id ?? 0;
      const rows = await this.#database.query(sql, [lastId, this.#restoredTo, ENTRIES_PER_QUERY]);
      for (const row of rows) entries.push(entryOf(row));
      if (rows.length < ENTRIES_PER_QUERY) return entries;
    }
  }

  #progress(): Progress {
    // Without exporters what an earlier run left goes.
    const passedByAll = this.#cursors.size === 0 ? this.#restoredTo : this.#log.passedByAll();
    return progressOf(this.#cursors.values(), passedByAll);
  }

  /** Each exporter over the bound loses its own oldest, and only it. */
  #dropOldest(): void {
    const { maxBytes, onDrop } = this.#options;
    if (!this.#isLoaded) return;
    const pendingBytes = sum(this.#pending, 'bytes');
    for (const cursor of this.#cursors.values()) {
      let dropped = 0;
      const over = () => cursor.bytes + pendingBytes > maxBytes || cursor.batches >= MAX_BATCHES;
      while (cursor.batches > 0 && over()) {
        dropped += this.#log.head(cursor)?.points ?? 0;
        this.#log.pass(cursor);
      }
      if (dropped > 0) onDrop(cursor.exporter, dropped);
    }
  }

  #dropPending(): void {
    let dropped = 0;
    while (sum(this.#pending, 'bytes') > MAX_PENDING_BYTES) dropped += this.#pending.shift()?.points ?? 0;
    if (dropped === 0) return;
    for (const exporter of this.#cursors.keys()) this.#options.onDrop(exporter, dropped);
  }

  #cursorOf(exporter: string): LogCursor {
    const cursor = this.#cursors.get(exporter);
    if (cursor === undefined) throw new Error(`bug: no cursor for the exporter ${exporter}`);
    return cursor;
  }
}

/** Replacing: a transaction that failed may have been written after all. */
function insertion(batches: readonly PendingBatch[]): readonly SqlStatement[] {
  const sql = 'INSERT OR REPLACE INTO outbox (id, created_ms, points, bytes, body) VALUES (?, ?, ?, ?, ?)';
  const rows = batches.map(({ id, createdMs, points, bytes, body }) => [id, createdMs, points, bytes, body]);
  return rows.length === 0 ? [] : [{ sql, rows }];
}

function entryOf(row: SqlRow): LogEntry {
  return {
    id: Number(row['id']),
    createdMs: Number(row['created_ms']),
    points: Number(row['points']),
    bytes: Number(row['bytes']),
  };
}

function sum(batches: readonly PendingBatch[], property: 'points' | 'bytes'): number {
  return batches.reduce((total, batch) => total + batch[property], 0);
}
