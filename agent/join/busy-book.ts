import { type SpanColumns, SpanStatus } from '../core/span-sink.ts';
import { BusySlice, Count } from './busy-slice.ts';
import type { SlotGrid } from './slot-grid.ts';

export interface BusyBookOptions {
  /** Slices that take requests at a time. */
  readonly slices: number;
  /** Fifths of the windows in ns, ascending. */
  readonly fifthsNs: Float64Array;
}

/** The slices that still take requests. Hot: marking and counting allocate nothing (test/bench/join.ts). */
export class BusyBook {
  readonly #grid: SlotGrid;
  readonly #options: BusyBookOptions;
  readonly #slices: readonly BusySlice[];
  #current: BusySlice;
  /** Slices before this one take nothing more. */
  closedEnd = 0;
  /** Busy times of which a part lay in a slice that takes nothing more. */
  cutIntervals = 0;
  /** Slices that gave way to new ones before they were closed. */
  evictions = 0;

  constructor(grid: SlotGrid, options: BusyBookOptions) {
    this.#grid = grid;
    this.#options = options;
    this.#slices = Array.from({ length: options.slices }, () => new BusySlice(grid, options.fifthsNs.length));
    this.#current = this.#slices[0];
  }

  /** Hot. Counts the completion of span `span`. */
  count(account: number, spans: SpanColumns, span: number): void {
    const index = this.#grid.sliceOf(spans.endMs[span]);
    if (index < this.closedEnd) return;
    const slice = this.open(index);
    if (account >= slice.capacity) slice.ensure(account + 1);
    const { counts } = slice;
    const base = account * slice.counters;
    const tokens = spans.outputTokens[span];
    slice.changed = true;
    if (tokens >= 0) counts[base + Count.tokens] += tokens;
    if (spans.weight[span] !== 1) counts[base + Count.sampled]++;
    if (spans.status[span] === SpanStatus.error) return;
    counts[base + Count.requests]++;
    const { fifthsNs } = this.#options;
    const durationNs = spans.durationNs[span];
    for (let window = 0; window < fifthsNs.length && durationNs > fifthsNs[window]; window++)
      counts[base + Count.longer + window]++;
  }

  /** Hot. An account was busy in this time: every slot that it touches is. */
  mark(account: number, fromMs: number, toMs: number): void {
    if (!(toMs > fromMs)) return;
    const { intervalMs } = this.#grid;
    const last = Math.ceil(toMs / intervalMs) - 1;
    let index = Math.floor(fromMs / intervalMs);
    if (index < this.closedEnd) {
      this.cutIntervals++;
      index = this.closedEnd;
    }
    for (; index <= last; index++) {
      const first = this.#grid.firstSlot(index, fromMs);
      this.open(index).mark(account, first, this.#grid.endSlot(index, toMs));
    }
  }

  find(index: number): BusySlice | undefined {
    const slice = this.#slices[index % this.#slices.length];
    return slice?.index === index ? slice : undefined;
  }

  /** Hot. The slice, opened if it is new; the one in its place is gone then. */
  open(index: number): BusySlice {
    if (this.#current.index === index) return this.#current;
    const slice = this.#slices[index % this.#slices.length];
    if (slice.index !== index) {
      if (slice.index >= 0) this.evictions++;
      slice.open(index);
    }
    this.#current = slice;
    return slice;
  }

  release(slice: BusySlice): void {
    slice.index = -1;
  }

  /** Oldest first. */
  inUse(): BusySlice[] {
    return this.#slices.filter(({ index }) => index >= 0).sort((a, b) => a.index - b.index);
  }
}
