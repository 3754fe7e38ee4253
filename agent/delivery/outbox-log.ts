/** A batch that waits on disk. */
export interface LogEntry {
  /** Grows from batch to batch, also across restarts. */
  readonly id: number;
  /** Unix milliseconds. */
  readonly createdMs: number;
  readonly points: number;
  /** Of the gzipped body. */
  readonly bytes: number;
}

/** How far one exporter has come. */
export interface LogCursor {
  readonly exporter: string;
  /** Id of the last entry that it passed. */
  position: number;
  /** Of the entries behind the position. */
  batches: number;
  points: number;
  bytes: number;
}

/** Passed entries are cut off the array once there are this many: then a cut is rare and cheap. */
const TRIM_ENTRIES = 1024;

/**
 * The index of the outbox in memory: which batches wait, and how far each exporter has come. So nothing about
 * the backlog is ever asked from the disk but the bodies.
 */
export class OutboxLog {
  #entries: LogEntry[] = [];
  /** Entries before this one were passed by all. */
  #start = 0;
  readonly #cursors: LogCursor[] = [];

  /** An exporter that has passed everything up to `position`; before the first entry is there. */
  addCursor(exporter: string, position: number): LogCursor {
    const cursor = { exporter, position, batches: 0, points: 0, bytes: 0 };
    this.#cursors.push(cursor);
    return cursor;
  }

  /** `entry.id` is greater than all before. */
  append(entry: LogEntry): void {
    this.#entries.push(entry);
    for (const cursor of this.#cursors) if (entry.id > cursor.position) count(cursor, entry, 1);
  }

  /** Entries of an earlier run, in order, with ids below all that were appended. */
  prepend(entries: readonly LogEntry[]): void {
    this.#entries = [...entries, ...this.#entries];
    for (const cursor of this.#cursors) {
      for (const entry of entries) if (entry.id > cursor.position) count(cursor, entry, 1);
    }
    this.#trim();
  }

  /** The oldest entry that the exporter has not passed. */
  head(cursor: LogCursor): LogEntry | undefined {
    return this.#entries[this.#indexBehind(cursor.position)];
  }

  /** The exporter is done with its head. */
  pass(cursor: LogCursor): void {
    const entry = this.head(cursor);
    if (entry === undefined) throw new Error('bug: passed a batch that is not in the outbox');
    cursor.position = entry.id;
    count(cursor, entry, -1);
    this.#trim();
  }

  oldest(): LogEntry | undefined {
    return this.#entries[this.#start];
  }

  /** Id up to which all cursors have passed; Infinity without any. */
  passedByAll(): number {
    return Math.min(...this.#cursors.map((cursor) => cursor.position));
  }

  #trim(): void {
    this.#start = this.#indexBehind(this.passedByAll());
    if (this.#start < TRIM_ENTRIES || this.#start * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#start);
    this.#start = 0;
  }

  /** Index of the first entry with an id above `position`: entries are sorted by id. */
  #indexBehind(position: number): number {
    let low = this.#start;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle].id > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function count(cursor: LogCursor, entry: LogEntry, sign: 1 | -1): void {
  cursor.batches += sign;
  cursor.points += sign * entry.points;
  cursor.bytes += sign * entry.bytes;
}
