import { BINS_PER_PAGE } from '../core/duration-bins.ts';

/**
 * Work on pages: runs of 32 counts of 16 bits within a larger array. Hot, so that these are plain loops over typed
 * arrays, and take two counts at once, as one word of 32 bits, wherever that is exact (test/bench/flush.ts).
 */
const WORDS_PER_PAGE = BINS_PER_PAGE / 2;
/** The highest bit of both counts of a word. While none is set in a page, no sum of two pages runs over. */
const HIGH_BITS = 0x8000_8000 | 0;

/** What became of a page. `refused`: a count might not have fitted, and nothing was changed. */
export const PageState = { refused: -1, empty: 0, filled: 1 } as const;
export type PageState = (typeof PageState)[keyof typeof PageState];

/** Adds the page whose words begin at `from` to the one at `to`. Two words a turn: a third cheaper than one. */
export function addPage(target: Int32Array, to: number, source: Int32Array, from: number): PageState {
  let all = 0;
  for (let index = 0; index < WORDS_PER_PAGE; index += 2) {
    const own = target[to + index];
    const theirs = source[from + index];
    const nextOwn = target[to + index + 1];
    const nextTheirs = source[from + index + 1];
    all |= own | theirs | nextOwn | nextTheirs;
    target[to + index] = (own + theirs) | 0;
    target[to + index + 1] = (nextOwn + nextTheirs) | 0;
  }
  if ((all & HIGH_BITS) === 0) return all === 0 ? PageState.empty : PageState.filled;
  for (let index = 0; index < WORDS_PER_PAGE; index++)
    target[to + index] = (target[to + index] - source[from + index]) | 0;
  return PageState.refused;
}

/** As `addPage`; refused, too, where a count would become negative. */
export function subtractPage(target: Int32Array, to: number, source: Int32Array, from: number): PageState {
  let all = 0;
  let left = 0;
  for (let index = 0; index < WORDS_PER_PAGE; index += 2) {
    const own = target[to + index];
    const theirs = source[from + index];
    const nextOwn = target[to + index + 1];
    const nextTheirs = source[from + index + 1];
    const rest = (own - theirs) | 0;
    const nextRest = (nextOwn - nextTheirs) | 0;
    target[to + index] = rest;
    target[to + index + 1] = nextRest;
    all |= own | theirs | nextOwn | nextTheirs;
    left |= rest | nextRest;
  }
  if (((all | left) & HIGH_BITS) === 0) return left === 0 ? PageState.empty : PageState.filled;
  for (let index = 0; index < WORDS_PER_PAGE; index++)
    target[to + index] = (target[to + index] + source[from + index]) | 0;
  return PageState.refused;
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

  /**
   * Additions only: from the last count to the first, sums of sums weigh each count by its place. 32 counts of 16 bits
   * keep them within 31.
   */
  read(words: Int32Array, start: number): void {
    let zeroth = 0;
    let first = 0;
    let second = 0;
    for (let at = start + WORDS_PER_PAGE - 1; at >= start; at--) {
      const word = words[at];
      zeroth = (zeroth + (word >>> 16)) | 0;
      first = (first + zeroth) | 0;
      second = (second + first) | 0;
      zeroth = (zeroth + (word & 0xffff)) | 0;
      first = (first + zeroth) | 0;
      second = (second + first) | 0;
    }
    this.#keep(zeroth, first, second);
  }

  /** As `read`, of counts of any size. */
  readWide(counts: Float64Array): void {
    let zeroth = 0;
    let first = 0;
    let second = 0;
    for (let slot = BINS_PER_PAGE - 1; slot >= 0; slot--) {
      zeroth += counts[slot];
      first += zeroth;
      second += first;
    }
    this.#keep(zeroth, first, second);
  }

  #keep(zeroth: number, first: number, second: number): void {
    this.zeroth = zeroth;
    this.first = first - zeroth;
    this.second = 2 * second - 3 * this.first - 2 * zeroth;
  }
}
