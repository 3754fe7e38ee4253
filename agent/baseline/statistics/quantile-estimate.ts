import { driftOf } from './drift.ts';
import type { Estimate } from './estimate.ts';
import { binAt, type PooledValues, poolValues, valueAt, valueOfBin } from './pooled-values.ts';
import { type RatioOfSums, ratioOfSums } from './ratio-of-sums.ts';
import { partOf, perSlice, type Sample, type ValuesOf } from './sample.ts';

const BIN_ERROR = 1 / 128;
/** Beyond it values are too few to tell how they cluster. */
const WELL_KNOWN = 0.9;

interface QuantileOf {
  readonly sample: Sample;
  readonly valuesOf: ValuesOf;
  readonly pooled: PooledValues;
  readonly p: number;
}

/**
 * The p-quantile with Woodruff's bounds: the quantiles at p ± t · s, where s is the standard error of the share of
 * values up to the estimate (Woodruff: Confidence Intervals for Medians and Other Position Measures, 1952). They need
 * no density, and lie as unevenly about the estimate as the values do.
 */
export function estimateQuantile(sample: Sample, valuesOf: ValuesOf, p: number): Estimate | undefined {
  const pooled = poolValues(sample, valuesOf);
  if (pooled === undefined) return undefined;
  const bin = binAt(pooled, p);
  const share = shareUpTo(sample, valuesOf, bin);
  const standardError = Math.max(share.standardError, leastError({ sample, valuesOf, pooled, p }));
  const value = valueOfBin(pooled, bin);
  return {
    value,
    degrees: share.degrees,
    persistence: share.persistence,
    drift: driftOf(sample.slices.length, (from, to) =>
      quantileWithin({ sample, valuesOf, pooled, p }, from, to),
    ),
    rounding: BIN_ERROR,
    bounds: (t) => [
      Math.min(value, valueAt(pooled, p - t * standardError)),
      Math.max(value, valueAt(pooled, p + t * standardError)),
    ],
  };
}

function quantileWithin({ sample, valuesOf, p }: QuantileOf, from: number, to: number): number | undefined {
  const pooled = poolValues(partOf(sample, from, to), valuesOf);
  return pooled && valueAt(pooled, p);
}

/**
 * The few values beyond a high percentile say too little about how they cluster: a recording that by chance met no burst
 * would be sure of itself. They are taken to cluster no less than those beyond p90.
 */
function leastError({ sample, valuesOf, pooled, p }: QuantileOf): number {
  if (p <= WELL_KNOWN) return 0;
  const known = shareUpTo(sample, valuesOf, binAt(pooled, WELL_KNOWN));
  const spread = known.value * (1 - known.value);
  return spread > 0 ? known.standardError * Math.sqrt((p * (1 - p)) / spread) : 0;
}

/** The share of values in the bins up to `bin`. */
function shareUpTo(sample: Sample, valuesOf: ValuesOf, bin: number): RatioOfSums {
  return ratioOfSums({
    ...sample,
    above: perSlice(sample, (slice) => countUpTo(valuesOf(slice), bin)),
    below: perSlice(sample, (slice) => valuesOf(slice)?.count ?? 0),
  });
}

function countUpTo(values: ReturnType<ValuesOf>, bin: number): number {
  if (values === undefined) return 0;
  let count = 0;
  for (let entry = 0; entry < values.bins.length && values.bins[entry] <= bin; entry++) {
    count += values.counts[entry];
  }
  return count;
}
