import type { WindowLength } from '../core/window-length.ts';
import { SketchStore } from './sketch-store.ts';
import type { Slice } from './slice.ts';
import type { SliceRing } from './slice-ring.ts';

/** A window that ended at `end` and consists of `slices`, seen from `standing`. */
export interface WindowAt {
  readonly end: number;
  readonly standing: number;
  readonly slices: readonly Slice[];
}

/**
 * The bins of one window of several slices, kept as it moves: the new slice is added, the one that leaves is taken
 * away. Counts are integers, so that nothing is left behind. Where the window stands is a property of each series,
 * because a flush moves them one after another (`WindowState.standing`).
 */
export class RunningWindow {
  readonly length: WindowLength;
  readonly #ring: SliceRing;
  /** By track. */
  readonly store = new SketchStore();

  constructor(length: WindowLength, ring: SliceRing) {
    this.length = length;
    this.#ring = ring;
  }

  /** Hot. Moves a track's window by one slice. */
  advance(track: number, entering: Slice | undefined, leaving: Slice | undefined): void {
    entering?.addTo(this.store, track, track, 1);
    leaving?.addTo(this.store, track, track, -1);
  }

  /** A value came late into slice `index`, which this track's window (end `end`) may already contain. */
  addLate(track: number, bin: number, { index, end }: { index: number; end: number }): void {
    if (index < end && index >= end - this.length.slices) this.store.increment(track, bin);
  }

  /**
   * Adds the bins of the window that ended at `end` to a row of `target`, from its slices or, if that is less work,
   * from the track's window, which stands at `standing` ≥ `end`.
   */
  read(
    track: number,
    { end, standing, slices }: WindowAt,
    target: { store: SketchStore; row: number },
  ): void {
    const { store, row } = target;
    if ((standing - end) * 2 >= slices.length) {
      for (const slice of slices) slice.addTo(store, row, track, 1);
      return;
    }
    store.addRow(row, this.store, track, 1);
    for (let newer = end; newer < standing; newer++) {
      this.#ring.find(newer - this.length.slices)?.addTo(store, row, track, 1);
      this.#ring.find(newer)?.addTo(store, row, track, -1);
    }
  }

  /** Makes the track's window anew from its slices. */
  rebuild(track: number, end: number): void {
    this.store.clearRow(track);
    for (let index = end - this.length.slices; index < end; index++) {
      this.#ring.find(index)?.addTo(this.store, track, track, 1);
    }
  }

  clear(track: number): void {
    this.store.clearRow(track);
  }
}
