import { MalformedBatch } from './malformed-batch.ts';

const MAX_GROUP_DEPTH = 100;
const TWO_POW_32 = 4_294_967_296;

/**
 * Reads protobuf's wire format (protobuf.dev, "Encoding") from a position that moves on. Each read takes the
 * `end` of the message that it happens in and throws `MalformedBatch` rather than pass it.
 *
 * Hot: fields are public and values come back as numbers, so that nothing is allocated (see `npm run bench`, ingest).
 */
export class WireCursor {
  bytes: Uint8Array = new Uint8Array(0);
  /** Over the same bytes. */
  view: DataView = new DataView(new ArrayBuffer(0));
  at = 0;
  /** The last 64-bit value read, as two unsigned halves. */
  low = 0;
  high = 0;

  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  /** The low 32 bits, unsigned, as protobuf cuts a varint that is longer than its field. */
  varint(end: number): number {
    if (this.at < end) {
      const byte = this.bytes[this.at];
      if (byte < 128) {
        this.at++;
        return byte;
      }
    }
    this.varint64(end);
    return this.low;
  }

  /** To `low` and `high`. */
  varint64(end: number): void {
    const { bytes } = this;
    let at = this.at;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw truncated(at);
      const byte = bytes[at++];
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift > 28) high |= bits << (shift - 32);
      else {
        low |= bits << 28;
        high = bits >>> 4;
      }
      if (byte < 128) {
        this.at = at;
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new MalformedBatch(`varint of more than 10 bytes before byte ${at}`);
  }

  /** Exact up to 2^53, rounded beyond. */
  int64(end: number): number {
    this.varint64(end);
    return (this.high | 0) * TWO_POW_32 + this.low;
  }

  /** Exact up to 2^53, rounded beyond. */
  uint64(end: number): number {
    this.varint64(end);
    return this.high * TWO_POW_32 + this.low;
  }

  /** To `low` and `high`. */
  fixed64(end: number): void {
    const at = this.advance(8, end);
    this.low = this.view.getUint32(at, true);
    this.high = this.view.getUint32(at + 4, true);
  }

  double(end: number): number {
    return this.view.getFloat64(this.advance(8, end), true);
  }

  /** Reads a length and returns where what follows ends. */
  lengthEnd(end: number): number {
    const length = this.varint(end);
    if (length > end - this.at) throw truncated(end);
    return this.at + length;
  }

  /** Passes `length` bytes and returns where they began. */
  advance(length: number, end: number): number {
    const start = this.at;
    if (length > end - start) throw truncated(end);
    this.at = start + length;
    return start;
  }

  /** Passes the value of an unknown field, groups included. */
  skip(tag: number, end: number, depth = 0): void {
    if (tag >>> 3 === 0) throw new MalformedBatch(`field number 0 before byte ${this.at}`);
    switch (tag & 7) {
      case 0:
        this.varint64(end);
        return;
      case 1:
        this.advance(8, end);
        return;
      case 2:
        this.at = this.lengthEnd(end);
        return;
      case 3:
        this.#skipGroup(tag, end, depth);
        return;
      case 5:
        this.advance(4, end);
        return;
      default:
        throw new MalformedBatch(`wire type ${tag & 7} out of place before byte ${this.at}`);
    }
  }

  #skipGroup(startTag: number, end: number, depth: number): void {
    if (depth >= MAX_GROUP_DEPTH) throw new MalformedBatch(`groups nested deeper than ${MAX_GROUP_DEPTH}`);
    const endTag = startTag + 1;
    for (;;) {
      const tag = this.varint(end);
      if (tag === endTag) return;
      this.skip(tag, end, depth + 1);
    }
  }
}

function truncated(at: number): MalformedBatch {
  return new MalformedBatch(`truncated at byte ${at}`);
}
