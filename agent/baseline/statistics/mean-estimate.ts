import type { Estimate } from './estimate.ts';
import { ratioOfSums, type SlicePairs } from './ratio-of-sums.ts';
import { perSlice, type Sample, type ValuesOf } from './sample.ts';

/** A ratio of sums, bounded on the scale of logarithms; undefined where nothing is to be divided by. */
export function estimateRatio(pairs: SlicePairs): Estimate | undefined {
  const { value, standardError, degrees, persistence } = ratioOfSums(pairs);
  if (!Number.isFinite(value)) return undefined;
  const spread = value > 0 ? standardError / value : 0;
  return {
    value,
    degrees,
    persistence,
    rounding: 0,
    bounds: (t) => [value * Math.exp(-t * spread), value * Math.exp(t * spread)],
  };
}

/** The mean of values; sums are exact, so bins add no error. */
export function estimateMean(sample: Sample, valuesOf: ValuesOf): Estimate | undefined {
  return estimateRatio({
    ...sample,
    above: perSlice(sample, (slice) => valuesOf(slice)?.sum ?? 0),
    below: perSlice(sample, (slice) => valuesOf(slice)?.count ?? 0),
  });
}
