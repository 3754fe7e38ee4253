import type { ReadState, SpanFieldReader } from './span-field-reader.ts';
import { NAMES } from './span-staging.ts';

/** From this far before a message's end on, no field is plain: a plain one can be read without asking each time. */
const PLAIN_BYTES = 10;
/** A varint of seven bytes holds 49 bits: six days in nanoseconds. */
const PLAIN_VARINT_BYTES = 7;
const NOT_PLAIN = -1;
/** A power of two. */
const LIKELY_PHASES = 8;

/**
 * Reads `Span` messages. Fields as senders write them, plain ones, are read in place, with the position in a local
 * variable; whatever is unusual about a field (a long string, an overlong varint, another wire type, the end of
 * the message) is left to `SpanFieldReader`, which knows all cases and is slower.
 *
 * Hot: one function that calls little costs two thirds of one that is cut up (see `npm run bench`, ingest).
 */
export class RowReader {
  readonly #state: ReadState;
  readonly #fields: SpanFieldReader;
  /** String ids that the row before had in the same place. */
  readonly #names = new Int32Array(NAMES);
  readonly #phases = new Int32Array(LIKELY_PHASES);
  /** The last plain varint. */
  #value = 0;

  constructor(state: ReadState, fields: SpanFieldReader) {
    this.#state = state;
    this.#fields = fields;
  }

  readSpan(end: number): void {
    const { cursor, intern, staging } = this.#state;
    const { bytes, view } = cursor;
    const fields = this.#fields;
    const plainEnd = Math.min(end, bytes.length - PLAIN_BYTES);
    const i = fields.openSpan();
    let at = cursor.at;
    while (at < end) {
      const tag = at < plainEnd ? bytes[at] : 0;
      const length = tag === 0 ? 0 : bytes[at + 1];
      const valueEnd = at + 2 + length;
      let next = NOT_PLAIN;
      switch (tag) {
        case 10: // model
        case 18: // variant
        case 26: // version
        case 34: // operation
          if (length > 127 || valueEnd > end) break;
          this.#setName(
            i,
            (tag >>> 3) - 1,
            intern.idOfLikely(this.#names[(tag >>> 3) - 1], view, at + 2, valueEnd),
          );
          next = valueEnd;
          break;
        case 49: // start_unix_nano
          fields.setStart(view.getUint32(at + 1, true), view.getUint32(at + 5, true));
          next = at + 9;
          break;
        case 56: // duration_nano
          next = this.#readVarint(bytes, at + 1);
          if (next !== NOT_PLAIN) staging.durationNs[i] = this.#value;
          break;
        case 64: // status
          if (length > 127) break;
          staging.status[i] = length;
          next = at + 2;
          break;
        case 74: // phases
          if (length > 127 || valueEnd > end) break;
          if (this.#readPhase(i, at + 2, valueEnd)) next = valueEnd;
          break;
      }
      if (next === NOT_PLAIN || next > end) {
        cursor.at = at;
        fields.readField(i, end);
        next = cursor.at;
      }
      at = next;
    }
    cursor.at = at;
    fields.closeSpan(i);
  }

  #setName(i: number, slot: number, id: number): void {
    const { staging } = this.#state;
    this.#names[slot] = id;
    staging.tuples[staging.series[i] * staging.tupleSize + slot] = id;
  }

  /** A name, a duration and perhaps an offset, in this order, and nothing else. */
  #readPhase(i: number, start: number, end: number): boolean {
    const { cursor, intern, staging } = this.#state;
    const { bytes } = cursor;
    const nameEnd = start + 2 + bytes[start + 1];
    if (bytes[start] !== 10 || nameEnd >= end || bytes[nameEnd] !== 16) return false;
    const durationEnd = this.#readVarint(bytes, nameEnd + 1);
    const durationNs = this.#value;
    let offsetNs = Number.NaN;
    if (durationEnd !== end) {
      if (durationEnd === NOT_PLAIN || bytes[durationEnd] !== 24) return false;
      if (this.#readVarint(bytes, durationEnd + 1) !== end) return false;
      offsetNs = this.#value;
    }
    const likely = (staging.phaseCount - staging.phaseStart[i]) & (LIKELY_PHASES - 1);
    const id = intern.idOfLikely(this.#phases[likely], cursor.view, start + 2, nameEnd);
    this.#phases[likely] = id;
    staging.addPhase(i, id, durationNs, offsetNs);
    return true;
  }

  /** Returns where it ends. */
  #readVarint(bytes: Uint8Array, start: number): number {
    let value = 0;
    let scale = 1;
    for (let at = start; at < start + PLAIN_VARINT_BYTES; at++) {
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
