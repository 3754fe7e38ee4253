import { BIN_COUNT, BINS_PER_PAGE, binMidpointsNs } from './duration-bins.ts';

/** Quantiles in the order of `Distribution.quantilesNs`. */
export const QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999] as const;

/**
 * One distribution unpacked: a count a bin. A scratch that everything that reads a distribution shares, because
 * sketches at rest are sparse.
 */
export class DenseBins {
  readonly counts = new Float64Array(BIN_COUNT);
  /** Bins outside `first` … `end - 1` are 0. */
  first = BIN_COUNT;
  end = 0;

  clear(): void {
    this.counts.fill(0, this.first, this.end);
    this.first = BIN_COUNT;
    this.end = 0;
  }

  add(bin: number, count: number): void {
    this.counts[bin] += count;
    if (bin < this.first) this.first = bin;
    if (bin >= this.end) this.end = bin + 1;
  }

  /** Makes room for writing `counts` directly from `firstBin` on for one page. */
  coverPage(firstBin: number): void {
    if (firstBin < this.first) this.first = firstBin;
    if (firstBin + BINS_PER_PAGE > this.end) this.end = firstBin + BINS_PER_PAGE;
  }

  total(): number {
    let total = 0;
    for (let bin = this.first; bin < this.end; bin++) total += this.counts[bin];
    return total;
  }

  /**
   * Writes the values at ranks ceil(p · n) of `QUANTILES` to `quantilesNs`, without interpolation: a bin's midpoint,
   * clamped by the caller. Returns the sum of the midpoints' squared deviations from their own mean, which is near
   * `meanNs`: summed about it, no digits are lost.
   */
  summarize(total: number, meanNs: number, quantilesNs: Float64Array): number {
    let seen = 0;
    let deviations = 0;
    let squares = 0;
    let next = 0;
    let rank = Math.ceil(QUANTILES[0] * total);
    for (let bin = this.first; bin < this.end; bin++) {
      const count = this.counts[bin];
      if (count === 0) continue;
      const midpointNs = binMidpointsNs[bin];
      seen += count;
      while (seen >= rank && next < QUANTILES.length) {
        quantilesNs[next++] = midpointNs;
        rank = Math.ceil((QUANTILES[next] ?? 1) * total);
      }
      const deviation = midpointNs - meanNs;
      deviations += count * deviation;
      squares += count * deviation * deviation;
    }
    return Math.max(0, squares - (deviations * deviations) / total);
  }
}
