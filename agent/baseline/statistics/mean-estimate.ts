import type { Estimate } from './estimate.ts';
import { ratioOfSums, type SlicePairs } from './ratio-of-sums.ts';
import { perSlice, type Sample, type ValuesOf } from './sample.ts';

/** A ratio of sums, above 0, bounded on the scale of logarithms; undefined where it isn't above 0. */
export function estimateRatio(pairs: SlicePairs): Estimate | undefined {
  const { value, standardError, degrees, persistence } = ratioOfSums(pairs);
  if (!(value > 0) || !Number.isFinite(value)) return undefined;
  const spread = standardError / value;
  return {
    value,
    degrees,
    persistence,
    binError: 0,
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
