import type { ByteIntern } from './byte-intern.ts';
import { GPU_KEY_ID, type SeedIds } from './seed-ids.ts';
import { FIRST_LABEL, GPU, type SpanStaging } from './span-staging.ts';
import type { WireCursor } from './wire-cursor.ts';
import { spanEndMs } from './wire-time.ts';

/** What the readers of one message work on. */
export interface ReadState {
  readonly cursor: WireCursor;
  readonly intern: ByteIntern;
  readonly staging: SpanStaging;
  readonly seeds: SeedIds;
}

/** What a status outside the enum is staged as. */
const UNKNOWN_STATUS = 255;

/**
 * Reads the fields of `Span` and `Series` messages in all their forms. Tags are field number * 8 + wire type: a
 * known field with another wire type is an unknown field, and one that comes twice counts with its last value.
 */
export class SpanFieldReader {
  readonly #state: ReadState;
  #startLow = 0;
  #startHigh = 0;
  #timeToFirstTokenNs = Number.NaN;

  constructor(state: ReadState) {
    this.#state = state;
  }

  /** Merges a `Series` into a tuple of string ids. */
  readSeries(end: number, tuple: Int32Array): void {
    const { cursor } = this.#state;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (!this.#readName(tag, end, tuple, 0)) cursor.skip(tag, end);
    }
  }

  /** A new span with a tuple of its own; returns its index. */
  openSpan(): number {
    const { staging } = this.#state;
    this.#startLow = 0;
    this.#startHigh = 0;
    this.#timeToFirstTokenNs = Number.NaN;
    return staging.openSpan(staging.openTuple());
  }

  /** Unix nanoseconds in two unsigned halves. */
  setStart(low: number, high: number): void {
    this.#startLow = low;
    this.#startHigh = high;
  }

  /** To be called after the last field: what follows from several of them. */
  closeSpan(i: number): void {
    const { staging } = this.#state;
    staging.endMs[i] = spanEndMs(this.#startLow, this.#startHigh, staging.durationNs[i]);
    if (!Number.isNaN(this.#timeToFirstTokenNs)) staging.addTokenPhases(i, this.#timeToFirstTokenNs);
  }

  /** Reads the field at the cursor into span i, which is the one opened last. */
  readField(i: number, end: number): void {
    const { cursor, staging } = this.#state;
    const tag = cursor.varint(end);
    switch (tag) {
      case 49: // start_unix_nano
        cursor.fixed64(end);
        this.setStart(cursor.low, cursor.high);
        break;
      case 56: // duration_nano
        staging.durationNs[i] = cursor.int64(end);
        break;
      case 64: // status
        staging.status[i] = Math.min(cursor.varint(end), UNKNOWN_STATUS);
        break;
      case 74: // phases
        this.#readPhase(i, cursor.lengthEnd(end));
        break;
      case 81: // weight
        staging.weight[i] = readWeight(cursor.double(end));
        break;
      case 88: // batch_size
        staging.batchSize[i] = cursor.varint(end);
        break;
      case 96: // input_tokens
        staging.inputTokens[i] = cursor.varint(end);
        break;
      case 104: // output_tokens
        staging.outputTokens[i] = cursor.varint(end);
        break;
      case 112: // time_to_first_token_nano
        this.#timeToFirstTokenNs = cursor.int64(end);
        break;
      case 122: // request_id
      case 130: // trace_id
        this.#noteRequest(i, cursor.lengthEnd(end), tag === 122);
        break;
      default:
        if (!this.#readName(tag, end, staging.tuples, staging.series[i] * staging.tupleSize)) {
          cursor.skip(tag, end);
        }
    }
  }

  /** Fields 1 to 5, which `Span` and `Series` share, into the tuple that begins at `at`; false: it is none of them. */
  #readName(tag: number, end: number, tuples: Int32Array, at: number): boolean {
    const { cursor } = this.#state;
    switch (tag) {
      case 10: // model
      case 18: // variant
      case 26: // version
      case 34: // operation
        tuples[at + (tag >>> 3) - 1] = this.#string(end);
        return true;
      case 42: // labels
        this.#readLabel(cursor.lengthEnd(end), tuples, at);
        return true;
      default:
        return false;
    }
  }

  /** The request's own id is preferred to that of its trace. */
  #noteRequest(i: number, end: number, preferred: boolean): void {
    const { cursor, staging } = this.#state;
    if (preferred || staging.requestStart[i] === staging.requestEnd[i]) {
      staging.requestStart[i] = cursor.at;
      staging.requestEnd[i] = end;
    }
    cursor.at = end;
  }

  #readPhase(i: number, end: number): void {
    const { cursor, staging } = this.#state;
    let nameId = 0;
    let durationNs = 0;
    let offsetNs = Number.NaN;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 10) nameId = this.#string(end);
      else if (tag === 16) durationNs = cursor.int64(end);
      else if (tag === 24) offsetNs = cursor.int64(end);
      else cursor.skip(tag, end);
    }
    staging.addPhase(i, nameId, durationNs, offsetNs);
  }

  /** One entry of a label map. */
  #readLabel(end: number, tuples: Int32Array, at: number): void {
    const { cursor, intern, seeds } = this.#state;
    let keyId = 0;
    let valueStart = 0;
    let valueEnd = 0;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 10) {
        keyId = this.#string(end);
      } else if (tag === 18) {
        valueEnd = cursor.lengthEnd(end);
        valueStart = cursor.at;
        cursor.at = valueEnd;
      } else {
        cursor.skip(tag, end);
      }
    }
    const slot = seeds.labelSlot(keyId);
    if (slot < 0 && keyId !== GPU_KEY_ID) return;
    const valueId = intern.idOf(cursor.view, valueStart, valueEnd);
    if (keyId === GPU_KEY_ID) tuples[at + GPU] = valueId;
    if (slot >= 0) tuples[at + FIRST_LABEL + slot] = valueId;
  }

  #string(end: number): number {
    const { cursor, intern } = this.#state;
    const stringEnd = cursor.lengthEnd(end);
    const id = intern.idOf(cursor.view, cursor.at, stringEnd);
    cursor.at = stringEnd;
    return id;
  }
}

/** Unset, a span stands for one request. */
function readWeight(weight: number): number {
  return weight === 0 ? 1 : weight;
}
