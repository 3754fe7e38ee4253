import { endianness } from 'node:os';
import { resized } from '../core/growable.ts';
import { unixMs } from './wire-time.ts';

const IS_LITTLE_ENDIAN = endianness() === 'LE';
const START_LENGTH = 1024;
const KEEP_LENGTH = 65_536;

/** A column of numbers that grows, and is kept for the next message. */
export class NumberColumn {
  length = 0;
  values = new Float64Array(0);

  clear(): void {
    if (this.values.length > KEEP_LENGTH) this.values = new Float64Array(START_LENGTH);
    this.length = 0;
  }

  push(value: number): void {
    this.#reserve(1);
    this.values[this.length++] = value;
  }

  /** Hot. Appends `count` doubles that begin at byte `start`: on little-endian machines they are what they will be. */
  pushDoubles(view: DataView, start: number, count: number): void {
    this.#reserve(count);
    const { values, length } = this;
    if (IS_LITTLE_ENDIAN) {
      const target = new Uint8Array(values.buffer, values.byteOffset + length * 8, count * 8);
      target.set(new Uint8Array(view.buffer, view.byteOffset + start, count * 8));
    } else {
      for (let i = 0; i < count; i++) values[length + i] = view.getFloat64(start + i * 8, true);
    }
    this.length = length + count;
  }

  /** Hot. Appends `count` times in Unix nanoseconds, 64 bits each, that begin at byte `start`, as milliseconds. */
  pushTimes(view: DataView, start: number, count: number): void {
    this.#reserve(count);
    const { values, length } = this;
    for (let i = 0; i < count; i++) {
      const at = start + i * 8;
      values[length + i] = unixMs(view.getUint32(at, true), view.getUint32(at + 4, true));
    }
    this.length = length + count;
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.values.length) return;
    this.values = resized(this.values, Math.max(START_LENGTH, this.values.length * 2, needed));
  }
}
