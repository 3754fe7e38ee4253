import { BINS_PER_PAGE, binMidpointsNs, pageOriginNs, pageStepNs } from '../core/duration-bins.ts';
import { PageSums } from './bin-page.ts';

/**
 * Quantiles in the order of `RowSummary.quantilesNs`, and how many values each needs: below, it would be the maximum
 * under another name.
 */
const QUANTILES = [
  [0.5, 1],
  [0.9, 1],
  [0.95, 1],
  [0.99, 100],
  [0.999, 1000],
] as const;

/**
 * Quantiles and deviation of one row of bins, whose pages are given in ascending order. A quantile is the midpoint of
 * the bin that holds the value of rank ceil(p · n), without interpolation. Deviations are summed about the mean of the
 * values, never as a difference of squares, and corrected by the mean of the midpoints.
 */
export class RowSummary {
  /** p50, p90, p95, p99, p999; NaN where there are too few values. */
  readonly quantilesNs = new Float64Array(QUANTILES.length);
  readonly #ranks = new Float64Array(QUANTILES.length + 1);
  readonly #sums = new PageSums();
  #total = 0;
  #meanNs = 0;
  #seen = 0;
  #next = 0;
  #deviations = 0;
  #squares = 0;

  begin(total: number, meanNs: number): void {
    this.#total = total;
    this.#meanNs = meanNs;
    this.#seen = 0;
    this.#next = 0;
    this.#deviations = 0;
    this.#squares = 0;
    for (let i = 0; i < QUANTILES.length; i++) {
      const [p, minTotal] = QUANTILES[i];
      this.quantilesNs[i] = Number.NaN;
      this.#ranks[i] = total < minTotal ? Number.POSITIVE_INFINITY : Math.ceil(p * total);
    }
    this.#ranks[QUANTILES.length] = Number.POSITIVE_INFINITY;
  }

  /** Hot. The page begins at `start` of the counts, at half of it of the words, which are the same memory. */
  addPage(page: number, counts: Uint16Array, words: Int32Array, start: number): void {
    this.#sums.read(words, start >>> 1);
    this.#add(page, counts, start);
  }

  /** A page some of whose counts need more than 16 bits. */
  addWidePage(page: number, counts: Float64Array): void {
    this.#sums.readWide(counts);
    this.#add(page, counts, 0);
  }

  /** The midpoints' population standard deviation. */
  get stddevNs(): number {
    const squares = this.#squares - (this.#deviations * this.#deviations) / this.#total;
    return Math.sqrt(Math.max(0, squares) / this.#total);
  }

  #add(page: number, counts: Uint16Array | Float64Array, start: number): void {
    const { zeroth, first, second } = this.#sums;
    if (this.#seen + zeroth >= this.#ranks[this.#next]) this.#findRanks(page, counts, start);
    this.#seen += zeroth;
    const stepNs = pageStepNs(page);
    const originNs = pageOriginNs(page) - this.#meanNs;
    this.#deviations += zeroth * originNs + stepNs * first;
    this.#squares += zeroth * originNs * originNs + 2 * originNs * stepNs * first + stepNs * stepNs * second;
  }

  #findRanks(page: number, counts: Uint16Array | Float64Array, start: number): void {
    let seen = this.#seen;
    const end = seen + this.#sums.zeroth;
    for (let bin = 0; this.#ranks[this.#next] <= end; bin++) {
      seen += counts[start + bin];
      while (seen >= this.#ranks[this.#next]) {
        this.quantilesNs[this.#next++] = binMidpointsNs[page * BINS_PER_PAGE + bin];
      }
    }
  }
}
