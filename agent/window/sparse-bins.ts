import type { DenseBins } from './dense-bins.ts';

/** A growing buffer of unsigned varints and float64s. */
export class SparseWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 4096) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  varint(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  float64(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Pairs of (distance from the bin before, count), ended by a pair (0, 0). */
  bins(bins: DenseBins): void {
    let last = -1;
    for (let bin = bins.first; bin < bins.end; bin++) {
      const count = bins.counts[bin];
      if (count === 0) continue;
      this.varint(bin - last);
      this.varint(count);
      last = bin;
    }
    this.varint(0);
  }

  /** A copy of what was written since the last call. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + needed + 16));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Reads what `SparseWriter` wrote. Throws a RangeError at the end of the buffer. */
export class SparseReader {
  readonly #bytes: Uint8Array;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  get atEnd(): boolean {
    return this.offset >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.#bytes[this.offset++];
      if (byte === undefined) throw new RangeError('the buffer ends within a number');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError('a number is too long');
  }

  float64(): number {
    if (this.offset + 8 > this.#bytes.length) throw new RangeError('the buffer ends within a number');
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.offset, 8);
    this.offset += 8;
    return view.getFloat64(0, true);
  }

  /** Adds the bins to `target`, `sign` times. */
  bins(target: DenseBins, sign: 1 | -1): void {
    let bin = -1;
    for (let distance = this.varint(); distance !== 0; distance = this.varint()) {
      bin += distance;
      if (bin >= target.counts.length) throw new RangeError(`there is no bin ${bin}`);
      target.add(bin, sign * this.varint());
    }
  }
}
