import { DenseBins } from './dense-bins.ts';
import type { Slice } from './slice.ts';
import { SparseWriter } from './sparse-bins.ts';
import type { TotalsBook } from './totals-book.ts';
import type { WindowState } from './window-state.ts';

/** Closes slices in which nothing can be recorded any more: their bins become varints, and count in the totals. */
export class SliceCloser {
  readonly #state: WindowState;
  readonly #totals: TotalsBook;
  readonly #scratch = new DenseBins();

  constructor(state: WindowState, totals: TotalsBook) {
    this.#state = state;
    this.#totals = totals;
  }

  /** `pause` is awaited between series, and yields when it is time. */
  async close(slice: Slice, pause: () => Promise<void>): Promise<void> {
    const writer = new SparseWriter();
    const offsets = new Uint32Array(this.#state.tracks.capacity);
    for (const { id } of this.#state.series.all()) {
      for (const track of this.#state.tracks.of(id)) {
        const offset = writer.length;
        if (track.id < offsets.length && slice.encodeTrack(track.id, this.#scratch, writer)) {
          offsets[track.id] = offset + 1;
        }
      }
      this.#totals.add(id, slice);
      await pause();
    }
    this.#state.ring.giveBack(slice.close(writer.take(), offsets));
  }
}
