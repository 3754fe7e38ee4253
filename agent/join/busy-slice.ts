import { grown } from '../core/growable.ts';
import { setBits } from './slot-bits.ts';
import type { SlotGrid } from './slot-grid.ts';

/** What is counted of the requests that completed in a slice; from `longer` on, one number a window. */
export const Count = {
  /** Successful requests. */
  requests: 0,
  /** Output tokens of all requests that gave them. */
  tokens: 1,
  /** Requests that stand for others as well. */
  sampled: 2,
  /** Successful requests that took longer than a fifth of the window. */
  longer: 3,
} as const;

/** One slice that still takes requests: a bitmap and counters for each account. */
export class BusySlice {
  /** Number of the slice since the epoch; -1: not in use. */
  index = -1;
  /** Since the last capture of a checkpoint. */
  changed = false;
  /** Bitmaps one after another, `grid.words` each. */
  words = new Int32Array(0);
  /** By account, `counters` each. */
  counts = new Float64Array(0);
  readonly counters: number;
  readonly #grid: SlotGrid;

  constructor(grid: SlotGrid, windows: number) {
    this.#grid = grid;
    this.counters = Count.longer + windows;
  }

  /** Accounts below this have room. */
  get capacity(): number {
    return this.counts.length / this.counters;
  }

  open(index: number): void {
    this.words.fill(0);
    this.counts.fill(0);
    this.index = index;
    this.changed = true;
  }

  ensure(accounts: number): void {
    if (accounts <= this.capacity) return;
    const room = Math.max(accounts, this.capacity * 2, 8);
    this.words = grown(this.words, room * this.#grid.words);
    this.counts = grown(this.counts, room * this.counters);
  }

  /** Hot. */
  mark(account: number, first: number, end: number): void {
    if (account >= this.capacity) this.ensure(account + 1);
    setBits(this.words, account * this.#grid.words, first, end);
    this.changed = true;
  }

  bitsOf(account: number): Int32Array {
    const { words } = this.#grid;
    return this.words.subarray(account * words, (account + 1) * words);
  }

  countsOf(account: number): Float64Array {
    return this.counts.subarray(account * this.counters, (account + 1) * this.counters);
  }
}
