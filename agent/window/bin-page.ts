import { BINS_PER_PAGE } from './duration-bins.ts';

/**
 * Work on pages: runs of 32 counts within a larger array. Hot, so that these are plain loops over typed arrays
 * (test/bench/flush.ts).
 */
export type Counts = Uint16Array | Float64Array;

/**
 * Adds the page that begins at `from` to the one at `to`. Sums keep their low 16 bits. Returns all sums or-ed: 0 if
 * the page is empty now, more than 16 bits if a sum did not fit.
 */
export function addPage(target: Uint16Array, to: number, source: Uint16Array, from: number): number {
  let all = 0;
  for (let index = 0; index < BINS_PER_PAGE; index++) {
    const sum = target[to + index] + source[from + index];
    target[to + index] = sum;
    all |= sum;
  }
  return all;
}

/** As `addPage`; negative if a sum became negative. */
export function subtractPage(target: Uint16Array, to: number, source: Uint16Array, from: number): number {
  let all = 0;
  for (let index = 0; index < BINS_PER_PAGE; index++) {
    const sum = target[to + index] - source[from + index];
    target[to + index] = sum;
    all |= sum;
  }
  return all;
}

export function isEmptyPage(counts: Uint16Array, start: number): boolean {
  for (let slot = start; slot < start + BINS_PER_PAGE; slot++) if (counts[slot] !== 0) return false;
  return true;
}

/** Sums over the counts c of a page, by their place k: of c, of c·k, of c·k². */
export class PageSums {
  zeroth = 0;
  first = 0;
  second = 0;

  /** Additions only: from the last count to the first, sums of sums weigh each count by its place. */
  read(counts: Counts, start: number): void {
    let zeroth = 0;
    let first = 0;
    let second = 0;
    for (let slot = start + BINS_PER_PAGE - 1; slot >= start; slot--) {
      zeroth += counts[slot];
      first += zeroth;
      second += first;
    }
    this.zeroth = zeroth;
    this.first = first - zeroth;
    this.second = 2 * second - 3 * this.first - 2 * zeroth;
  }
}
