import { ColumnStage } from './column-stage.ts';
import { MalformedBatch } from './malformed-batch.ts';
import type { NumberColumn } from './number-column.ts';
import type { ReadState } from './span-field-reader.ts';
import { MAX_SPANS, NAMES } from './span-staging.ts';

const VARINT = 0;
const FIXED64 = 1;
const PACKED = 2;
/** Many times what any sink tells apart; it bounds what one message may cost in memory. */
const MAX_PHASES = 256;

/**
 * Reads `SpanColumns` messages, whose fields may come in any order and in pieces, packed or not; `finish`, at the
 * end of the whole batch, makes spans of them.
 *
 * Hot in the number of values, not in that of fields (see `npm run bench`, ingest).
 */
export class ColumnReader {
  readonly #state: ReadState;
  readonly #stage = new ColumnStage();
  /** By field number. */
  readonly #doubles: Readonly<Record<number, NumberColumn>> = {
    5: this.#stage.durationNs,
    7: this.#stage.weight,
    8: this.#stage.batchSize,
    9: this.#stage.inputTokens,
    10: this.#stage.outputTokens,
    11: this.#stage.timeToFirstTokenNs,
  };

  constructor(state: ReadState) {
    this.#state = state;
  }

  clear(): void {
    this.#stage.clear();
  }

  /** Appends the columns to the staged spans; throws if they do not fit together. */
  finish(): void {
    this.#stage.appendTo(this.#state.staging, this.#state.seeds);
  }

  readColumns(end: number): void {
    const { cursor } = this.#state;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      switch (tag) {
        case 10: // strings
          this.#readString(cursor.lengthEnd(end));
          break;
        case 18: // series
          this.#readSeries(cursor.lengthEnd(end));
          break;
        case 24: // series_status, not packed
        case 26:
          this.#readVarints(tag, end, this.#stage.seriesStatus);
          break;
        case 33: // end_unix_nano, not packed
        case 34:
          this.#readTimes(tag, end);
          break;
        case 50: // phases
          this.#readPhase(cursor.lengthEnd(end));
          break;
        default:
          this.#readDoublesOrSkip(tag, end, this.#doubles[tag >>> 3]);
      }
    }
  }

  #readString(end: number): void {
    const { cursor, intern } = this.#state;
    refuseBeyond(this.#stage.stringIds.length, MAX_SPANS, 'strings');
    this.#stage.stringIds.push(intern.idOf(cursor.view, cursor.at, end));
    cursor.at = end;
  }

  #readSeries(end: number): void {
    const { cursor } = this.#state;
    const { series, labels, labelEnds } = this.#stage;
    refuseBeyond(labelEnds.length, MAX_SPANS, 'series');
    const at = series.length;
    series.push(0, 0, 0, 0);
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      const field = tag >>> 3;
      if (field >= 1 && field <= NAMES && (tag & 7) === VARINT) {
        series[at + field - 1] = cursor.varint(end);
      } else if (tag === 40 || tag === 42) this.#readVarints(tag, end, labels);
      else cursor.skip(tag, end);
    }
    labelEnds.push(labels.length);
  }

  #readPhase(end: number): void {
    const { cursor } = this.#state;
    refuseBeyond(this.#stage.phases.length, MAX_PHASES, 'phases');
    const { phaseNs, phaseOffsetNs } = this.#stage;
    const start = phaseNs.length;
    const offsetStart = phaseOffsetNs.length;
    let name = 0;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      const field = tag >>> 3;
      if (tag === 8) name = cursor.varint(end);
      else this.#readDoublesOrSkip(tag, end, field === 2 ? phaseNs : field === 3 ? phaseOffsetNs : undefined);
    }
    this.#stage.phases.push({ name, start, offsetStart });
  }

  #readVarints(tag: number, end: number, into: NumberColumn | number[]): void {
    const { cursor } = this.#state;
    if ((tag & 7) === VARINT) {
      into.push(cursor.varint(end));
      return;
    }
    const packedEnd = cursor.lengthEnd(end);
    while (cursor.at < packedEnd) into.push(cursor.varint(packedEnd));
  }

  #readTimes(tag: number, end: number): void {
    const count = this.#fixed64Count(tag, end);
    const { cursor } = this.#state;
    this.#stage.endMs.pushTimes(cursor.view, cursor.advance(count * 8, end), count);
  }

  #readDoublesOrSkip(tag: number, end: number, column: NumberColumn | undefined): void {
    const { cursor } = this.#state;
    const wireType = tag & 7;
    if (column === undefined || (wireType !== FIXED64 && wireType !== PACKED)) {
      cursor.skip(tag, end);
      return;
    }
    const count = this.#fixed64Count(tag, end);
    column.pushDoubles(cursor.view, cursor.advance(count * 8, end), count);
  }

  /** How many 64-bit values stand at the cursor: one, or those of a packed field. */
  #fixed64Count(tag: number, end: number): number {
    if ((tag & 7) === FIXED64) return 1;
    const { cursor } = this.#state;
    const byteLength = cursor.lengthEnd(end) - cursor.at;
    if (byteLength % 8 !== 0) throw new MalformedBatch(`packed 64-bit values in ${byteLength} bytes`);
    return byteLength / 8;
  }
}

function refuseBeyond(count: number, max: number, what: string): void {
  if (count >= max) throw new MalformedBatch(`columns: more than ${max} ${what}`);
}
