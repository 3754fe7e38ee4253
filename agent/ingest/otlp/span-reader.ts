import type { WireCursor } from '../wire-cursor.ts';
import type { AttributeKeys } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';
import type { ReadSpan } from './read-span.ts';

const NO_SLOT = -1;
const NOT_PLAIN = -1;
/** Any code beyond stands for one that does not exist. */
const MAX_CODE = 255;

/**
 * Reads `Span` messages (OTLP 1, trace.proto). Fields as exporters write them, plain ones, are read in place, with the
 * position in a local variable; whatever is unusual about a field is left to the slow path, which knows all cases.
 *
 * Hot: one function that calls little (see `npm run bench -- otlp`).
 */
export class SpanReader {
  readonly #cursor: WireCursor;
  readonly #span: ReadSpan;
  readonly #attributes: AttributeReader;
  readonly #eventNames: AttributeKeys;

  constructor(cursor: WireCursor, span: ReadSpan, attributes: AttributeReader, eventNames: AttributeKeys) {
    this.#cursor = cursor;
    this.#span = span;
    this.#attributes = attributes;
    this.#eventNames = eventNames;
  }

  /** Hot. Reads the span that stands from the cursor to before `end`, which is within the message. */
  read(end: number): void {
    const cursor = this.#cursor;
    const { bytes, view } = cursor;
    const span = this.#span;
    span.clear();
    let at = cursor.at;
    while (at < end) {
      const tag = bytes[at];
      const length = bytes[at + 1];
      const valueEnd = at + 2 + length;
      // False of a length beyond one byte, and of one that the message ends before.
      const isShort = length < 128 && valueEnd <= end;
      let next = NOT_PLAIN;
      switch (tag) {
        case 10: // trace_id
        case 18: // span_id
        case 34: {
          // parent_span_id
          const id = this.#idOf(tag);
          if (!isShort || length !== id.byteLength) break;
          setWords(id, view, at + 2);
          next = valueEnd;
          break;
        }
        case 42: // name
          if (!isShort) break;
          span.nameStart = at + 2;
          span.nameEnd = valueEnd;
          next = valueEnd;
          break;
        case 48: // kind
          if (!(length < 128)) break;
          span.kind = length;
          next = at + 2;
          break;
        case 57: // start_time_unix_nano
        case 65: // end_time_unix_nano
          if (at + 9 > end) break;
          this.#setTime(tag, view.getUint32(at + 1, true), view.getUint32(at + 5, true));
          next = at + 9;
          break;
        case 74: // attributes
          if (!isShort) break;
          this.#attributes.read(at + 2, valueEnd);
          next = valueEnd;
          break;
        case 133: // flags
          if (length === 1) next = at + 6;
          break;
      }
      if (next === NOT_PLAIN || next > end) {
        cursor.at = at;
        this.#readField(end);
        next = cursor.at;
      }
      at = next;
    }
    cursor.at = at;
  }

  /** Slow path. */
  #readField(end: number): void {
    const cursor = this.#cursor;
    const span = this.#span;
    const tag = cursor.varint(end);
    switch (tag) {
      case 10: // trace_id
      case 18: // span_id
      case 34: // parent_span_id
        this.#readId(this.#idOf(tag), cursor.lengthEnd(end));
        break;
      case 42: // name
        span.nameEnd = cursor.lengthEnd(end);
        span.nameStart = cursor.at;
        cursor.at = span.nameEnd;
        break;
      case 48: // kind
        span.kind = cursor.varint(end);
        break;
      case 57: // start_time_unix_nano
      case 65: // end_time_unix_nano
        cursor.fixed64(end);
        this.#setTime(tag, cursor.low, cursor.high);
        break;
      case 74: {
        // attributes
        const valueEnd = cursor.lengthEnd(end);
        this.#attributes.read(cursor.at, valueEnd);
        cursor.at = valueEnd;
        break;
      }
      case 90: // events
        this.#readEvent(cursor.lengthEnd(end));
        break;
      case 122: // status
        this.#readStatus(cursor.lengthEnd(end));
        break;
      default:
        cursor.skip(tag, end);
    }
  }

  #idOf(tag: number): Uint32Array {
    const { traceId, spanId, parentId } = this.#span;
    return tag === 10 ? traceId : tag === 18 ? spanId : parentId;
  }

  #setTime(tag: number, low: number, high: number): void {
    const span = this.#span;
    if (tag === 57) {
      span.startLow = low;
      span.startHigh = high;
    } else {
      span.endLow = low;
      span.endHigh = high;
    }
  }

  /** An id of another length is none. */
  #readId(id: Uint32Array, end: number): void {
    const cursor = this.#cursor;
    if (end - cursor.at === id.byteLength) setWords(id, cursor.view, cursor.at);
    else id.fill(0);
    cursor.at = end;
  }

  #readEvent(end: number): void {
    const cursor = this.#cursor;
    let slot = this.#eventNames.slotOf(cursor.view, cursor.at, cursor.at);
    let low = 0;
    let high = 0;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 9) {
        cursor.fixed64(end);
        low = cursor.low;
        high = cursor.high;
      } else if (tag === 18) {
        const nameEnd = cursor.lengthEnd(end);
        slot = this.#eventNames.slotOf(cursor.view, cursor.at, nameEnd);
        cursor.at = nameEnd;
      } else {
        cursor.skip(tag, end);
      }
    }
    if (slot !== NO_SLOT) this.#span.addEvent(slot, low, high);
  }

  /** A status that comes twice is merged. */
  #readStatus(end: number): void {
    const cursor = this.#cursor;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 24) this.#span.statusCode = Math.min(cursor.varint(end), MAX_CODE);
      else cursor.skip(tag, end);
    }
  }
}

/** Hot. The big-endian words that begin at byte `start`. */
function setWords(words: Uint32Array, view: DataView, start: number): void {
  for (let k = 0; k < words.length; k++) words[k] = view.getUint32(start + k * 4);
}
