/**
 * The finest time in which a GPU is busy or not. The driver's power samples come each 20 ms and follow the load within
 * one of them, so a slot's energy is known as finely as its owners (docs/decisions/0010).
 */
const SLOT_MS = 20;
const BITS_PER_WORD = 32;

/** A slice cut into slots of one length, at most 20 ms, and a bitmap of them in 32-bit words. */
export class SlotGrid {
  readonly intervalMs: number;
  /** Number of slots in a slice. */
  readonly slots: number;
  readonly slotMs: number;
  /** Length of a bitmap of a slice. */
  readonly words: number;

  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
    this.slots = Math.ceil(intervalMs / SLOT_MS);
    this.slotMs = intervalMs / this.slots;
    this.words = Math.ceil(this.slots / BITS_PER_WORD);
  }

  /** The number of the slice in which a time lies; also the number of slices that ended before or at it. */
  sliceOf(timeMs: number): number {
    return Math.floor(timeMs / this.intervalMs);
  }

  /** The first slot of slice `slice` that a time from `fromMs` on touches. */
  firstSlot(slice: number, fromMs: number): number {
    const afterMs = fromMs - slice * this.intervalMs;
    return afterMs <= 0 ? 0 : Math.min(this.slots, Math.floor(afterMs / this.slotMs));
  }

  /** The end (exclusive) of its slots that a time up to `toMs` touches. */
  endSlot(slice: number, toMs: number): number {
    const afterMs = toMs - slice * this.intervalMs;
    return afterMs >= this.intervalMs ? this.slots : Math.max(0, Math.ceil(afterMs / this.slotMs));
  }
}
