import { ByteIntern } from './byte-intern.ts';
import { ColumnReader } from './column-reader.ts';
import { RowReader } from './row-reader.ts';
import { SeedIds } from './seed-ids.ts';
import { SpanFieldReader } from './span-field-reader.ts';
import { SpanStaging } from './span-staging.ts';
import { WireCursor } from './wire-cursor.ts';

const NO_BYTES = new Uint8Array(0);

/** Reads a `SpanBatch` in one pass into a staging that is reused: nothing of it outlives the next `read`. */
export class BatchReader {
  readonly intern: ByteIntern;
  readonly staging: SpanStaging;
  readonly #cursor = new WireCursor();
  readonly #fields: SpanFieldReader;
  readonly #rows: RowReader;
  readonly #columns: ColumnReader;
  /** String ids that rows without a value of their own get. */
  readonly #defaults: Int32Array;
  /** Set before reading, so that what a malformed message leaves is cleared too. */
  #hasDefaults = false;
  #hasColumns = false;
  /** Part of the message, not a copy. */
  producerId: Uint8Array = NO_BYTES;
  sequence = 0;
  /** Spans that the client says it let go. */
  dropped = 0;

  constructor(labels: readonly string[], labelBytes: number) {
    const seeds = new SeedIds(labels);
    this.intern = new ByteIntern({ maxBytes: labelBytes, seeds: seeds.strings });
    this.staging = new SpanStaging(labels.length);
    this.#defaults = new Int32Array(this.staging.tupleSize);
    const state = { cursor: this.#cursor, intern: this.intern, staging: this.staging, seeds };
    this.#fields = new SpanFieldReader(state);
    this.#rows = new RowReader(state, this.#fields);
    this.#columns = new ColumnReader(state);
  }

  /** Hot. Throws `MalformedBatch`; what is staged then means nothing. */
  read(bytes: Uint8Array): void {
    this.#clear();
    const cursor = this.#cursor;
    const end = bytes.length;
    cursor.reset(bytes);
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 34) this.#rows.readSpan(cursor.lengthEnd(end));
      else this.#readOther(tag, end);
    }
    if (this.#hasDefaults) this.#applyDefaults();
    if (this.#hasColumns) this.#columns.finish();
  }

  #readOther(tag: number, end: number): void {
    const cursor = this.#cursor;
    switch (tag) {
      case 10: // producer_id
        this.producerId = this.#bytes(cursor.lengthEnd(end));
        break;
      case 16: // sequence
        this.sequence = cursor.uint64(end);
        break;
      case 26: // series
        this.#hasDefaults = true;
        this.#fields.readSeries(cursor.lengthEnd(end), this.#defaults);
        break;
      case 42: // columns
        this.#hasColumns = true;
        this.#columns.readColumns(cursor.lengthEnd(end));
        break;
      case 48: // dropped
        this.dropped = cursor.uint64(end);
        break;
      default:
        cursor.skip(tag, end);
    }
  }

  #bytes(end: number): Uint8Array {
    const start = this.#cursor.at;
    this.#cursor.at = end;
    return this.#cursor.bytes.subarray(start, end);
  }

  /** Rows come first among the tuples, and `series` may come after them in the message. */
  #applyDefaults(): void {
    const { tuples, tupleCount, tupleSize } = this.staging;
    const defaults = this.#defaults;
    for (let at = 0; at < tupleCount * tupleSize; at += tupleSize) {
      for (let k = 0; k < tupleSize; k++) if (tuples[at + k] === 0) tuples[at + k] = defaults[k];
    }
  }

  #clear(): void {
    this.intern.trim();
    this.staging.clear();
    this.producerId = NO_BYTES;
    this.sequence = 0;
    this.dropped = 0;
    if (this.#hasDefaults) this.#defaults.fill(0);
    if (this.#hasColumns) this.#columns.clear();
    this.#hasDefaults = false;
    this.#hasColumns = false;
  }
}
