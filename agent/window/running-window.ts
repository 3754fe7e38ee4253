import type { DenseBins } from './dense-bins.ts';
import { SketchStore } from './sketch-store.ts';
import type { Slice } from './slice.ts';
import type { SliceRing } from './slice-ring.ts';
import type { WindowLength } from './window-length.ts';

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
  readonly #scratch: DenseBins;
  readonly #store = new SketchStore();

  constructor(length: WindowLength, ring: SliceRing, scratch: DenseBins) {
    this.length = length;
    this.#ring = ring;
    this.#scratch = scratch;
  }

  /** Moves a track's window by one slice. */
  advance(track: number, entering: Slice | undefined, leaving: Slice | undefined): void {
    if (entering === undefined && leaving === undefined) return;
    this.#scratch.clear();
    entering?.readBins(track, this.#scratch, 1);
    leaving?.readBins(track, this.#scratch, -1);
    this.#store.merge(track, this.#scratch);
  }

  /** A value came late into slice `index`, which this track's window (end `end`) may already contain. */
  addLate(track: number, bin: number, { index, end }: { index: number; end: number }): void {
    if (index < end && index >= end - this.length.slices) this.#store.increment(track, bin);
  }

  /**
   * Adds the bins of the window that ended at `end` to `target`, from its slices or, if that is less work, from the
   * track's window, which stands at `standing` ≥ `end`.
   */
  read(track: number, { end, standing, slices }: WindowAt, target: DenseBins): void {
    if ((standing - end) * 2 >= slices.length) {
      for (const slice of slices) slice.readBins(track, target, 1);
      return;
    }
    this.#store.read(track, target, 1);
    for (let newer = end; newer < standing; newer++) {
      this.#ring.find(newer)?.readBins(track, target, -1);
      this.#ring.find(newer - this.length.slices)?.readBins(track, target, 1);
    }
  }

  /** Makes the track's window anew from its slices. */
  rebuild(track: number, end: number): void {
    this.#store.clearRow(track);
    this.#scratch.clear();
    for (let index = end - this.length.slices; index < end; index++) {
      this.#ring.find(index)?.readBins(track, this.#scratch, 1);
    }
    this.#store.merge(track, this.#scratch);
  }

  clear(track: number): void {
    this.#store.clearRow(track);
  }
}
