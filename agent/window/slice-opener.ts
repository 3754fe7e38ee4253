import type { Slice } from './slice.ts';
import type { TotalsBook } from './totals-book.ts';
import type { WindowState } from './window-state.ts';

/**
 * Opens slices for spans. When no flush came for longer than the ring reaches back, the new slice takes the place of
 * one that windows still need. What is lost then is said: its time counts as not watched.
 */
export class SliceOpener {
  readonly #state: WindowState;
  readonly #totals: TotalsBook;

  constructor(state: WindowState, totals: TotalsBook) {
    this.#state = state;
    this.#totals = totals;
  }

  /** The slice of a span that comes now. */
  open(index: number): Slice {
    return this.#state.ring.find(index) ?? this.#create(index);
  }

  #create(index: number): Slice {
    const { ring } = this.#state;
    const old = ring.occupant(index);
    if (old !== undefined) this.#evict(old);
    return ring.ensure(index);
  }

  #evict(slice: Slice): void {
    this.#totals.bookAll(slice);
    if (slice.index < this.#state.oldestNeeded) return;
    const { intervalMs } = this.#state.options;
    this.#state.evictions++;
    this.#state.evictedEnd = Math.max(this.#state.evictedEnd, slice.index + 1);
    this.#state.watch.forget(slice.index * intervalMs, (slice.index + 1) * intervalMs);
  }
}
