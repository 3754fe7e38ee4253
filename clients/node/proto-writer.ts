const utf8 = new TextEncoder();
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/**
 * Writes the Protocol Buffers wire format into one growing buffer: only what this client sends, that is integers
 * from 0 to 2^53, strings, bytes, nested messages, and packed arrays of 64-bit values that the caller fills in
 * place.
 */
export class ProtoWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(initialBytes = 1024) {
    this.#bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What was written since the last reset; a view that the next write may make void. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Where `reserve64` lets its caller write; void after the next write. */
  get view(): DataView {
    return this.#view;
  }

  reset(): void {
    this.#length = 0;
  }

  /** A varint field; proto3's default, 0, is left out. */
  uint(field: number, value: number): void {
    if (value === 0) return;
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
  }

  /** An element of a repeated string field: written even when empty. */
  string(field: number, text: string): void {
    this.bytes(field, utf8.encode(text));
  }

  /** Bytes, or a nested message that is encoded already: written even when empty. */
  bytes(field: number, value: Uint8Array): void {
    this.#lengthDelimited(field, value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A packed array of the first `count` values. */
  packedUints(field: number, values: ArrayLike<number>, count = values.length): void {
    if (count === 0) return;
    let bytes = 0;
    for (let i = 0; i < count; i++) bytes += varintBytes(values[i] as number);
    this.#lengthDelimited(field, bytes);
    for (let i = 0; i < count; i++) this.#varint(values[i] as number);
  }

  /** A packed array of `count` elements of 8 bytes; returns the offset in `view` at which the first one goes. */
  reserve64(field: number, count: number): number {
    this.#lengthDelimited(field, count * 8);
    const offset = this.#length;
    this.#length += count * 8;
    return offset;
  }

  #lengthDelimited(field: number, bytes: number): void {
    this.#varint(field * 8 + LENGTH_DELIMITED);
    this.#varint(bytes);
    this.#ensure(bytes);
  }

  #varint(value: number): void {
    this.#ensure(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #ensure(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.written);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
