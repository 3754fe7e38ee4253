import { ProtoWriter } from './proto-writer.ts';
import { SERIES_FIXED_STRINGS, type SeriesRegistry } from './series-registry.ts';
import { Column, type SpanBuffer } from './span-buffer.ts';
import { StringTable } from './string-table.ts';

const NANOSECONDS_PER_MS = 1e6;
const TWO_16 = 2 ** 16;
const TWO_32 = 2 ** 32;

/** Field numbers of proto/infermeter/v1/span_service.proto. */
const Batch = { producerId: 1, sequence: 2, columns: 5, dropped: 6 } as const;
const Columns = {
  strings: 1,
  series: 2,
  seriesStatus: 3,
  endUnixNano: 4,
  durationNano: 5,
  phases: 6,
  weight: 7,
  batchSize: 8,
  inputTokens: 9,
  outputTokens: 10,
  timeToFirstTokenNano: 11,
} as const;
const Series = { model: 1, labels: 5 } as const;
const Phase = { name: 1, durationNano: 2 } as const;

/** What a batch says beside its spans. */
export interface BatchHeader {
  readonly producerId: Uint8Array;
  readonly sequence: number;
  /** Spans that the client let go since the previous batch. */
  readonly dropped: number;
}

/** Encodes the oldest spans of a buffer as a `SpanBatch` of columns: the arrays go to the wire almost as they are. */
export class BatchEncoder {
  readonly #buffer: SpanBuffer;
  readonly #registry: SeriesRegistry;
  readonly #batch = new ProtoWriter();
  readonly #columns = new ProtoWriter();
  readonly #nested = new ProtoWriter();
  /** By series id: the index of the series in this batch, plus one; 0: not in it. */
  #indexBySeries = new Uint32Array(64);

  constructor(buffer: SpanBuffer, registry: SeriesRegistry) {
    this.#buffer = buffer;
    this.#registry = registry;
  }

  /** The bytes of one `SpanBatch` with the `count` oldest spans, which stay in the buffer. */
  encode(count: number, header: BatchHeader): Uint8Array {
    const batch = this.#batch;
    batch.reset();
    batch.bytes(Batch.producerId, header.producerId);
    batch.uint(Batch.sequence, header.sequence);
    batch.uint(Batch.dropped, header.dropped);
    if (count > 0) batch.bytes(Batch.columns, this.#encodeColumns(count));
    return batch.written.slice();
  }

  #encodeColumns(count: number): Uint8Array {
    const strings = new StringTable();
    const columns = this.#columns;
    columns.reset();
    this.#writeSeries(count, strings);
    this.#writeEnds(count);
    this.#writeNanoseconds(columns, Columns.durationNano, Column.durationMs, count);
    this.#writeNumbers(Columns.weight, Column.weight, count);
    this.#writeNumbers(Columns.batchSize, Column.batchSize, count);
    this.#writeNumbers(Columns.inputTokens, Column.inputTokens, count);
    this.#writeNumbers(Columns.outputTokens, Column.outputTokens, count);
    if (this.#holdsAny(Column.firstTokenMs, count)) {
      this.#writeNanoseconds(columns, Columns.timeToFirstTokenNano, Column.firstTokenMs, count);
    }
    this.#registry.phases.forEach((name, phase) => {
      const column = Column.phases + phase;
      if (this.#holdsAny(column, count))
        columns.bytes(Columns.phases, this.#encodePhase(strings.reference(name), column, count));
    });
    for (const text of strings.texts()) columns.string(Columns.strings, text);
    return columns.written;
  }

  #writeSeries(count: number, strings: StringTable): void {
    const present: number[] = [];
    const codes = new Uint32Array(count);
    if (this.#indexBySeries.length < this.#registry.series.length) {
      this.#indexBySeries = new Uint32Array(this.#registry.series.length * 2);
    }
    for (let i = 0; i < count; i++) {
      const code = this.#buffer.seriesStatus[this.#buffer.slot(i)] as number;
      const id = code >>> 2;
      if (this.#indexBySeries[id] === 0) this.#indexBySeries[id] = present.push(id);
      codes[i] = ((this.#indexBySeries[id] as number) - 1) * 4 + (code & 3);
    }
    for (const id of present) {
      this.#columns.bytes(Columns.series, this.#encodeSeries(id, strings));
      this.#indexBySeries[id] = 0;
    }
    this.#columns.packedUints(Columns.seriesStatus, codes);
  }

  #encodeSeries(id: number, strings: StringTable): Uint8Array {
    const references = (this.#registry.series[id] as readonly string[]).map((text) =>
      strings.reference(text),
    );
    this.#nested.reset();
    for (let i = 0; i < SERIES_FIXED_STRINGS; i++) {
      this.#nested.uint(Series.model + i, references[i] as number);
    }
    this.#nested.packedUints(Series.labels, references.slice(SERIES_FIXED_STRINGS));
    return this.#nested.written;
  }

  #encodePhase(nameReference: number, column: number, count: number): Uint8Array {
    this.#nested.reset();
    this.#nested.uint(Phase.name, nameReference);
    this.#writeNanoseconds(this.#nested, Phase.durationNano, column, count);
    return this.#nested.written;
  }

  /**
   * Nanoseconds of the Unix epoch exceed 2^53: computed in halves that a double holds exactly. Without `%`, which
   * costs ten times a division.
   */
  #writeEnds(count: number): void {
    const offset = this.#columns.reserve64(Columns.endUnixNano, count);
    const view = this.#columns.view;
    for (let i = 0; i < count; i++) {
      const endMs = this.#value(i, Column.endMs);
      const wholeMs = Math.floor(endMs);
      const highMs = Math.floor(wholeMs / TWO_16);
      const high = Math.floor((highMs * NANOSECONDS_PER_MS) / TWO_16);
      const low =
        (highMs * NANOSECONDS_PER_MS - high * TWO_16) * TWO_16 +
        (wholeMs - highMs * TWO_16) * NANOSECONDS_PER_MS +
        Math.floor((endMs - wholeMs) * NANOSECONDS_PER_MS);
      const carry = Math.floor(low / TWO_32);
      view.setUint32(offset + i * 8, low - carry * TWO_32, true);
      view.setUint32(offset + i * 8 + 4, high + carry, true);
    }
  }

  /** Whole nanoseconds as doubles; NaN stays NaN. */
  #writeNanoseconds(writer: ProtoWriter, field: number, column: number, count: number): void {
    const offset = writer.reserve64(field, count);
    const view = writer.view;
    for (let i = 0; i < count; i++) {
      view.setFloat64(offset + i * 8, Math.round(this.#value(i, column) * NANOSECONDS_PER_MS), true);
    }
  }

  #writeNumbers(field: number, column: number, count: number): void {
    if (!this.#holdsAny(column, count)) return;
    const offset = this.#columns.reserve64(field, count);
    const view = this.#columns.view;
    for (let i = 0; i < count; i++) view.setFloat64(offset + i * 8, this.#value(i, column), true);
  }

  /** Whether one of the `count` oldest spans has a value there; an optional column without any is left out. */
  #holdsAny(column: number, count: number): boolean {
    for (let i = 0; i < count; i++) {
      if (!Number.isNaN(this.#value(i, column))) return true;
    }
    return false;
  }

  #value(i: number, column: number): number {
    const { values, stride } = this.#buffer;
    return values[this.#buffer.slot(i) * stride + column] as number;
  }
}
