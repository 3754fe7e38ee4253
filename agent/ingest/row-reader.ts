import type { ReadState, SpanFieldReader } from './span-field-reader.ts';

/** What follows a tag is plain only if it is shorter than this, so that reading it needs no check of its own. */
const PLAIN_BYTES = 10;
/** A varint of seven bytes holds 49 bits: six days in nanoseconds. */
const PLAIN_VARINT_BYTES = 7;
const NOT_PLAIN = -1;

/**
 * Reads `Span` messages. Fields as senders write them, plain ones, are read here in place; whatever is unusual
 * about a field (a long string, an overlong varint, another wire type, the end of the message) is left to
 * `SpanFieldReader`, which knows all cases and is slower.
 *
 * Hot (see `npm run bench`, ingest).
 */
export class RowReader {
  readonly #state: ReadState;
  readonly #fields: SpanFieldReader;
  /** The last plain varint. */
  #value = 0;

  constructor(state: ReadState, fields: SpanFieldReader) {
    this.#state = state;
    this.#fields = fields;
  }

  readSpan(end: number): void {
    const { cursor } = this.#state;
    const fields = this.#fields;
    const plainEnd = Math.min(end, cursor.bytes.length - PLAIN_BYTES);
    const i = fields.openSpan();
    let at = cursor.at;
    while (at < end) {
      const next = at < plainEnd ? this.#readPlainField(i, at, end) : NOT_PLAIN;
      if (next === NOT_PLAIN) {
        cursor.at = at;
        fields.readField(i, end);
        at = cursor.at;
      } else {
        at = next;
      }
    }
    cursor.at = at;
    fields.closeSpan(i);
  }

  /** Returns where the field ends. */
  #readPlainField(i: number, at: number, end: number): number {
    const { cursor, intern, staging } = this.#state;
    const tag = cursor.bytes[at];
    const valueAt = at + 2;
    switch (tag) {
      case 10: // model
      case 18: // variant
      case 26: // version
      case 34: {
        // operation
        const valueEnd = plainEnd(cursor.bytes[at + 1], valueAt, end);
        if (valueEnd === NOT_PLAIN) return NOT_PLAIN;
        const id = intern.idOf(cursor.view, valueAt, valueEnd);
        staging.tuples[staging.series[i] * staging.tupleSize + (tag >>> 3) - 1] = id;
        return valueEnd;
      }
      case 56: {
        // duration_nano
        const valueEnd = this.#readVarint(at + 1, end);
        if (valueEnd !== NOT_PLAIN) staging.durationNs[i] = this.#value;
        return valueEnd;
      }
      case 74: {
        // phases
        const valueEnd = plainEnd(cursor.bytes[at + 1], valueAt, end);
        return valueEnd !== NOT_PLAIN && this.#readPlainPhase(valueAt, valueEnd) ? valueEnd : NOT_PLAIN;
      }
      default:
        return NOT_PLAIN;
    }
  }

  /** A name and a duration, in this order, and nothing else. */
  #readPlainPhase(start: number, end: number): boolean {
    const { cursor, intern, staging } = this.#state;
    const { bytes } = cursor;
    const nameAt = start + 2;
    const nameEnd = nameAt + bytes[start + 1];
    if (bytes[start] !== 10 || nameEnd >= end || bytes[nameEnd] !== 16) return false;
    if (this.#readVarint(nameEnd + 1, end) !== end) return false;
    staging.addPhase(intern.idOf(cursor.view, nameAt, nameEnd), this.#value);
    return true;
  }

  /** Returns where it ends. */
  #readVarint(start: number, end: number): number {
    const { bytes } = this.#state.cursor;
    const plainEnd = Math.min(end, start + PLAIN_VARINT_BYTES);
    let value = 0;
    let scale = 1;
    for (let at = start; at < plainEnd; at++) {
      const byte = bytes[at];
      value += (byte & 127) * scale;
      if (byte < 128) {
        this.#value = value;
        return at + 1;
      }
      scale *= 128;
    }
    return NOT_PLAIN;
  }
}

/** Where a value of this length ends if its length is one byte and it lies within its message. */
function plainEnd(length: number, start: number, end: number): number {
  return length < 128 && start + length <= end ? start + length : NOT_PLAIN;
}
