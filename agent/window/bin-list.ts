import { BIN_COUNT, BINS_PER_PAGE } from '../core/duration-bins.ts';

/** The bins of one distribution that are not empty, in ascending order: made once, filled over and over. */
export class BinList {
  length = 0;
  readonly bins = new Uint16Array(BIN_COUNT);
  /** The low 16 bits of each count: all of it unless `isWide`. */
  readonly counts = new Uint16Array(BIN_COUNT);
  isWide = false;
  /** What counts have beyond their low 16 bits. */
  readonly #carries = new Float64Array(BIN_COUNT);

  clear(): void {
    if (this.isWide) this.#carries.fill(0);
    this.isWide = false;
    this.length = 0;
  }

  push(bin: number, count: number): void {
    const low = count % 65_536;
    this.bins[this.length] = bin;
    this.counts[this.length] = low;
    if (low !== count) {
      this.isWide = true;
      this.#carries[this.length] = count - low;
    }
    this.length++;
  }

  /** Hot. Adds a page of which `firstBin` is the first; two counts a look, for most are 0. */
  pushPage(firstBin: number, words: Int32Array, start: number): void {
    const { bins, counts } = this;
    let length = this.length;
    for (let at = 0; at < BINS_PER_PAGE / 2; at++) {
      const word = words[start + at];
      if ((word & 0xffff) !== 0) {
        bins[length] = firstBin + at * 2;
        counts[length++] = word;
      }
      if (word >>> 16 !== 0) {
        bins[length] = firstBin + at * 2 + 1;
        counts[length++] = word >>> 16;
      }
    }
    this.length = length;
  }

  /** As `pushPage`, counts of any size. */
  pushWidePage(firstBin: number, counts: Float64Array): void {
    for (let at = 0; at < BINS_PER_PAGE; at++) if (counts[at] !== 0) this.push(firstBin + at, counts[at]);
  }

  countAt(index: number): number {
    return this.counts[index] + this.#carries[index];
  }
}
