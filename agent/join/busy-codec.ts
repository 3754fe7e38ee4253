import { type BusySlice, Count } from './busy-slice.ts';
import type { SlotGrid } from './slot-grid.ts';

/**
 * A slice that still takes requests, as a checkpoint keeps it: the ids of its accounts, then their counters (both
 * float64, in the machine's order of bytes: a state file stays on its machine), then their bitmaps.
 */
export function encodeBusySlice(slice: BusySlice, accounts: readonly number[], grid: SlotGrid): Uint8Array {
  const present = accounts.filter((id) => id < slice.capacity && isUsed(slice, id));
  const numbers = new Float64Array(present.length * (1 + slice.counters));
  const words = new Int32Array(present.length * grid.words);
  for (const [i, id] of present.entries()) {
    numbers[i] = id;
    numbers.set(slice.countsOf(id), present.length + i * slice.counters);
    words.set(slice.bitsOf(id), i * grid.words);
  }
  const bytes = new Uint8Array(numbers.byteLength + words.byteLength);
  bytes.set(new Uint8Array(numbers.buffer));
  bytes.set(new Uint8Array(words.buffer), numbers.byteLength);
  return bytes;
}

/** Fills an open slice, leaving out accounts that are not there. Throws a RangeError when the bytes are damaged. */
export function decodeBusySlice(
  bytes: Uint8Array,
  slice: BusySlice,
  grid: SlotGrid,
  isOpen: (account: number) => boolean,
): void {
  const numberBytes = 8 * (1 + slice.counters);
  const count = bytes.byteLength / (numberBytes + 4 * grid.words);
  if (!Number.isInteger(count)) throw new RangeError('a slice of the join is damaged');
  const copy = bytes.slice().buffer;
  const numbers = new Float64Array(copy, 0, count * (1 + slice.counters));
  const words = new Int32Array(copy, count * numberBytes, count * grid.words);
  for (let i = 0; i < count; i++) {
    const id = numbers[i];
    if (!isOpen(id)) continue;
    slice.ensure(id + 1);
    slice.countsOf(id).set(numbers.subarray(count + i * slice.counters, count + (i + 1) * slice.counters));
    slice.bitsOf(id).set(words.subarray(i * grid.words, (i + 1) * grid.words));
  }
}

function isUsed(slice: BusySlice, account: number): boolean {
  const counts = slice.countsOf(account);
  const counted = counts[Count.requests] > 0 || counts[Count.tokens] > 0 || counts[Count.sampled] > 0;
  return counted || slice.bitsOf(account).some((word) => word !== 0);
}
