import type { WorkPacer } from '../core/work-pacer.ts';
import type { Slice } from './slice.ts';
import { SparseWriter } from './sparse-bins.ts';
import type { TotalsBook } from './totals-book.ts';
import type { WindowState } from './window-state.ts';

/** Closes slices in which nothing can be recorded any more: booked in the totals, their bins become varints. */
export class SliceCloser {
  readonly #state: WindowState;
  readonly #totals: TotalsBook;

  constructor(state: WindowState, totals: TotalsBook) {
    this.#state = state;
    this.#totals = totals;
  }

  async close(slice: Slice, pacer: WorkPacer): Promise<void> {
    const { index } = slice;
    const writer = new SparseWriter();
    const offsets = new Uint32Array(this.#state.tracks.capacity);
    for (const { id } of this.#state.series.all()) {
      this.#encode(id, slice, { writer, offsets });
      this.#totals.book(id, slice);
      if (pacer.isDue) await pacer.pause();
      if (slice.index !== index) return;
    }
    slice.bookedSeries = Number.POSITIVE_INFINITY;
    this.#state.ring.giveBack(slice.close(writer.take(), offsets));
  }

  /** At once, and without the totals: for what an earlier run had counted. */
  closeRestored(slice: Slice): void {
    const writer = new SparseWriter();
    const offsets = new Uint32Array(this.#state.tracks.capacity);
    for (const { id } of this.#state.series.all()) this.#encode(id, slice, { writer, offsets });
    slice.bookedSeries = Number.POSITIVE_INFINITY;
    this.#state.ring.giveBack(slice.close(writer.take(), offsets));
  }

  #encode(
    series: number,
    slice: Slice,
    { writer, offsets }: { writer: SparseWriter; offsets: Uint32Array },
  ): void {
    for (const track of this.#state.tracks.of(series)) {
      const offset = writer.length;
      if (track.id < offsets.length && slice.encodeTrack(track.id, writer)) {
        offsets[track.id] = offset + 1;
      }
    }
  }
}
