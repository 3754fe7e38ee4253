import { driftOf } from './drift.ts';
import type { Estimate } from './estimate.ts';
import { ratioOfSums, type SlicePairs } from './ratio-of-sums.ts';
import { perSlice, type Sample, type ValuesOf } from './sample.ts';

/**
 * Least standard error, relative: temperature and clocks of a steady machine move a mean by tenths of a per cent, too
 * slowly for one recording to tell by how much.
 */
export const STEADY_ERROR = 0.005;

/**
 * A ratio of sums, bounded on the scale of logarithms; undefined where nothing is to be divided by. `leastError`: of its
 * relative standard error.
 */
export function estimateRatio(pairs: SlicePairs, leastError = 0): Estimate | undefined {
  const { value, standardError, degrees, persistence } = ratioOfSums(pairs);
  if (!Number.isFinite(value)) return undefined;
  const spread = value > 0 ? Math.max(standardError / value, leastError) : 0;
  return {
    value,
    degrees,
    persistence,
    drift: driftOf(pairs.above.length, (from, to) => ratioWithin(pairs, from, to)),
    rounding: 0,
    bounds: (t) => [value * Math.exp(-t * spread), value * Math.exp(t * spread)],
  };
}

function ratioWithin({ above, below, weights }: SlicePairs, from: number, to: number): number {
  let [sum, divisor] = [0, 0];
  for (let slice = from; slice < to; slice++) {
    sum += weights[slice] * above[slice];
    divisor += weights[slice] * below[slice];
  }
  return sum / divisor;
}

/** The mean of values; sums are exact, so bins add no error. */
export function estimateMean(sample: Sample, valuesOf: ValuesOf): Estimate | undefined {
  const above = perSlice(sample, (slice) => valuesOf(slice)?.sum ?? 0);
  const below = perSlice(sample, (slice) => valuesOf(slice)?.count ?? 0);
  return estimateRatio({ ...sample, above, below }, STEADY_ERROR);
}
