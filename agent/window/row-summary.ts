import { type Counts, PageSums } from './bin-page.ts';
import { BINS_PER_PAGE, binMidpointsNs, pageOriginNs, pageStepNs } from './duration-bins.ts';

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

  addPage(page: number, counts: Counts, start: number): void {
    const sums = this.#sums;
    sums.read(counts, start);
    if (this.#seen + sums.zeroth >= this.#ranks[this.#next]) this.#findRanks(page, counts, start);
    this.#seen += sums.zeroth;
    const stepNs = pageStepNs(page);
    const originNs = pageOriginNs(page) - this.#meanNs;
    this.#deviations += sums.zeroth * originNs + stepNs * sums.first;
    this.#squares +=
      sums.zeroth * originNs * originNs + 2 * originNs * stepNs * sums.first + stepNs * stepNs * sums.second;
  }

  /** The midpoints' population standard deviation. */
  get stddevNs(): number {
    const squares = this.#squares - (this.#deviations * this.#deviations) / this.#total;
    return Math.sqrt(Math.max(0, squares) / this.#total);
  }

  #findRanks(page: number, counts: Counts, start: number): void {
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
