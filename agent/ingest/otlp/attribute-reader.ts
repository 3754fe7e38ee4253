import type { WireCursor } from '../wire-cursor.ts';
import type { AttributeKeys } from './attribute-keys.ts';
import type { AttributeValues } from './attribute-values.ts';

const TWO_POW_32 = 4_294_967_296;
const NO_SLOT = -1;
/** What `AnyValue` has beside numbers, texts and truth values: lists, maps, bytes. */
const OTHER_TAGS: readonly number[] = [42, 50, 58];

/**
 * Reads `KeyValue` messages (OTLP 1, common.proto) for one set of keys; the value of a key that nobody asked for is
 * passed over. Of keys that come twice the last value counts. Tags are field number * 8 + wire type.
 */
export class AttributeReader {
  readonly #cursor: WireCursor;
  readonly #keys: AttributeKeys;
  readonly #values: AttributeValues;

  constructor(cursor: WireCursor, keys: AttributeKeys, values: AttributeValues) {
    this.#cursor = cursor;
    this.#keys = keys;
    this.#values = values;
  }

  /**
   * Hot. Reads the one that stands from `start` to before `end`, which is within the message. A key and a value, in
   * this order and short, are read in place; all else takes the slow path.
   */
  read(start: number, end: number): void {
    const { bytes, view } = this.#cursor;
    const keyLength = bytes[start + 1];
    const keyEnd = start + 2 + keyLength;
    const isPlain =
      bytes[start] === 10 &&
      keyLength < 128 &&
      keyEnd + 2 <= end &&
      bytes[keyEnd] === 18 &&
      bytes[keyEnd + 1] < 128 &&
      keyEnd + 2 + bytes[keyEnd + 1] === end;
    if (!isPlain) {
      this.#readAny(start, end);
      return;
    }
    const slot = this.#keys.slotOf(view, start + 2, keyEnd);
    if (slot !== NO_SLOT && !this.#readPlainValue(slot, keyEnd + 2, end)) this.#readAny(start, end);
  }

  #readPlainValue(slot: number, start: number, end: number): boolean {
    const { bytes, view } = this.#cursor;
    switch (bytes[start]) {
      case 10: // string_value
        if (bytes[start + 1] !== end - start - 2) return false;
        this.#values.setText(slot, start + 2, end);
        return true;
      case 24: // int_value
        return this.#readPlainInteger(slot, start + 1, end);
      case 33: // double_value
        if (end - start !== 9) return false;
        this.#values.setNumber(slot, view.getFloat64(start + 1, true));
        return true;
      default:
        return false;
    }
  }

  /** Up to seven bytes hold 49 bits, and no sign. */
  #readPlainInteger(slot: number, start: number, end: number): boolean {
    const { bytes } = this.#cursor;
    if (end - start > 7) return false;
    let value = 0;
    let scale = 1;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (at + 1 !== end) return false;
        this.#values.setNumber(slot, value);
        return true;
      }
      scale *= 128;
    }
    return false;
  }

  /** Slow path: any order, any length, fields more than once. Leaves the cursor where it was. */
  #readAny(start: number, end: number): void {
    const cursor = this.#cursor;
    const cursorAt = cursor.at;
    const slot = this.#readKey(start, end);
    if (slot !== NO_SLOT) {
      this.#values.unset(slot);
      cursor.at = start;
      while (cursor.at < end) {
        const tag = cursor.varint(end);
        if (tag === 18) this.#readValue(slot, cursor.lengthEnd(end));
        else cursor.skip(tag, end);
      }
    }
    cursor.at = cursorAt;
  }

  #readKey(start: number, end: number): number {
    const cursor = this.#cursor;
    let keyStart = start;
    let keyEnd = start;
    cursor.at = start;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 10) {
        keyEnd = cursor.lengthEnd(end);
        keyStart = cursor.at;
        cursor.at = keyEnd;
      } else {
        cursor.skip(tag, end);
      }
    }
    return this.#keys.slotOf(cursor.view, keyStart, keyEnd);
  }

  /** The parts of a value that comes more than once are merged, so that the last of its fields counts. */
  #readValue(slot: number, end: number): void {
    const cursor = this.#cursor;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 10) {
        const textEnd = cursor.lengthEnd(end);
        this.#values.setText(slot, cursor.at, textEnd);
        cursor.at = textEnd;
      } else if (tag === 16) {
        cursor.varint64(end);
        this.#values.setBoolean(slot, cursor.low !== 0 || cursor.high !== 0);
      } else if (tag === 24) {
        cursor.varint64(end);
        this.#values.setNumber(slot, (cursor.high | 0) * TWO_POW_32 + cursor.low);
      } else if (tag === 33) {
        this.#values.setNumber(slot, cursor.double(end));
      } else {
        if (OTHER_TAGS.includes(tag)) this.#values.setOther(slot);
        cursor.skip(tag, end);
      }
    }
  }
}
