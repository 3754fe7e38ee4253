import { BIN_COUNT } from '../core/duration-bins.ts';
import { BinList } from './bin-list.ts';
import type { SketchStore } from './sketch-store.ts';

/** Of the distribution that is written or read. */
const list = new BinList();

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
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  float64(value: number): void {
    this.#reserve(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Hot. Pairs of (distance from the bin before, count), ended by the distance 0. */
  bins(store: SketchStore, row: number): void {
    store.list(row, list);
    const { bins, counts, length } = list;
    this.#reserve(length * 16 + 1);
    const bytes = this.#bytes;
    let at = this.#length;
    let last = -1;
    for (let i = 0; i < length; i++) {
      const distance = bins[i] - last;
      last = bins[i];
      if (distance < 128 && counts[i] < 128 && !list.isWide) {
        bytes[at] = distance;
        bytes[at + 1] = counts[i];
        at += 2;
      } else {
        this.#length = at;
        this.varint(distance);
        this.varint(list.countAt(i));
        at = this.#length;
      }
    }
    bytes[at] = 0;
    this.#length = at + 1;
  }

  /** Bytes that another writer wrote. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A copy of what was written since the last call. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(needed: number): void {
    if (this.#length + needed <= this.#bytes.length) return;
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

  /** Hot. Adds the bins to a row, or takes them away; returns how many values they hold. */
  bins(store: SketchStore, row: number, sign: 1 | -1): number {
    list.clear();
    const total = this.#readList();
    store.addList(row, list, sign);
    return total;
  }

  /** The bins as a list, which holds until the next call that reads or writes bins. */
  list(): BinList {
    list.clear();
    this.#readList();
    return list;
  }

  /** Most distances and counts are one byte each. */
  #readList(): number {
    const bytes = this.#bytes;
    const { bins, counts } = list;
    let at = this.offset;
    let bin = -1;
    let total = 0;
    for (let distance = bytes[at]; distance !== 0; distance = bytes[at]) {
      const count = bytes[at + 1];
      if (distance < 128 && count < 128) {
        bin += distance;
        total += count;
        at += 2;
        if (bin >= BIN_COUNT) throw new RangeError(`there is no bin ${bin}`);
        bins[list.length] = bin;
        counts[list.length++] = count;
        continue;
      }
      this.offset = at;
      const wideDistance = this.varint();
      if (wideDistance === 0) return total;
      bin += wideDistance;
      if (bin >= BIN_COUNT) throw new RangeError(`there is no bin ${bin}`);
      const wideCount = this.varint();
      list.push(bin, wideCount);
      total += wideCount;
      at = this.offset;
    }
    this.offset = at + 1;
    return total;
  }

  /** The bins as they were written, unread. */
  rawBins(): Uint8Array {
    const start = this.offset;
    while (this.varint() !== 0) this.varint();
    return this.#bytes.subarray(start, this.offset);
  }
}
