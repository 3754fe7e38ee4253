import { BIN_COUNT, BINS_PER_PAGE, binMidpointsNs, pageStepNs } from '../../core/duration-bins.ts';
import type { Sample, ValuesOf } from './sample.ts';

/** Values of a sample, pooled: weight by bin. */
export interface PooledValues {
  readonly weights: Float64Array;
  /** First bin with a weight, and the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly min: number;
  readonly max: number;
}

/** Adds up the bins of a sample's slices; undefined where there is none. */
export function poolValues(sample: Sample, valuesOf: ValuesOf): PooledValues | undefined {
  const weights = new Float64Array(BIN_COUNT);
  let [from, to, total, min, max] = [BIN_COUNT, 0, 0, Infinity, 0];
  for (let index = 0; index < sample.slices.length; index++) {
    const values = valuesOf(sample.slices[index]);
    if (values === undefined || values.bins.length === 0) continue;
    const weight = sample.weights[index];
    for (let entry = 0; entry < values.bins.length; entry++) {
      weights[values.bins[entry]] += weight * values.counts[entry];
    }
    from = Math.min(from, values.bins[0]);
    to = Math.max(to, values.bins[values.bins.length - 1] + 1);
    total += weight * values.count;
    min = Math.min(min, values.min);
    max = Math.max(max, values.max);
  }
  return total > 0 ? { weights, from, to, total, min, max } : undefined;
}

/** The bin in which the share of weights reaches p. */
export function binAt(pooled: PooledValues, p: number): number {
  // Sums of weights that aren't whole err in the last digits: a share of exactly p must not be missed by them.
  const wanted = p * pooled.total * (1 - 1e-12);
  let sum = 0;
  for (let bin = pooled.from; bin < pooled.to - 1; bin++) {
    sum += pooled.weights[bin];
    if (sum >= wanted) return bin;
  }
  return pooled.to - 1;
}

/** What a bin's values are shown as; those of the first bin may be 0. */
export function valueOfBin(pooled: PooledValues, bin: number): number {
  if (bin === 0 && pooled.min === 0) return 0;
  return clamp(binMidpointsNs[bin], pooled);
}

/** The value below which the share p lies, even within its bin; 0 or Infinity where p is out of reach. */
export function valueAt(pooled: PooledValues, p: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return Infinity;
  const wanted = p * pooled.total;
  let sum = 0;
  for (let bin = pooled.from; bin < pooled.to; bin++) {
    const weight = pooled.weights[bin];
    if (weight > 0 && sum + weight >= wanted) {
      const width = pageStepNs(Math.floor(bin / BINS_PER_PAGE));
      return clamp(binMidpointsNs[bin] + width * ((wanted - sum) / weight - 0.5), pooled);
    }
    sum += weight;
  }
  return pooled.max;
}

function clamp(value: number, { min, max }: PooledValues): number {
  return Math.min(Math.max(value, min), max);
}
