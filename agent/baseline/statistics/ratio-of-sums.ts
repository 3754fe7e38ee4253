import { dependenceOf } from './slow-cosines.ts';

/** One number a slice: `above` is summed up, and divided by the sum of `below`. Arrays of one length. */
export interface SlicePairs {
  readonly above: Float64Array;
  readonly below: Float64Array;
  /** Level of load of each slice. */
  readonly strata: Int32Array;
  /** What both numbers of a slice count. */
  readonly weights: Float64Array;
}

/** A relative error below this is that of sums in floating point, which may well seem to drift. */
const ROUNDING = 1e-9;

export interface RatioOfSums {
  /** Σ weight · above / Σ weight · below. */
  readonly value: number;
  readonly standardError: number;
  /** Of freedom, for Student's distribution. */
  readonly degrees: number;
  /** How much slower than the error can tell the slices vary; about 1 where neighbours are independent. */
  readonly persistence: number;
}

/**
 * A ratio of sums over slices that depend on their neighbours. Every figure of a comparison is one: a mean (sum of
 * durations by requests), a share (values below a limit by requests), a rate (requests by seconds), energy a request.
 * The levels of load are not chance: what is left to chance is how slices differ from their level. NaN where `below`
 * sums to 0.
 */
export function ratioOfSums(pairs: SlicePairs): RatioOfSums {
  const { above, below, weights, strata } = pairs;
  const levels = sumLevels(pairs);
  const residuals = above.map((value, slice) => {
    const level = levels[strata[slice]];
    return level.below > 0 ? weights[slice] * (value - (level.above / level.below) * below[slice]) : 0;
  });
  const { variance, degrees, persistence } = dependenceOf(residuals, strata);
  const total = (values: Float64Array): number =>
    values.reduce((sum, value, slice) => sum + weights[slice] * value, 0);
  const divisor = total(below);
  const value = total(above) / divisor;
  const standardError = Math.sqrt(variance) / divisor;
  return { value, standardError, degrees, persistence: standardError > ROUNDING * value ? persistence : 1 };
}

function sumLevels({ above, below, strata }: SlicePairs): readonly { above: number; below: number }[] {
  const levels: { above: number; below: number }[] = [];
  for (let slice = 0; slice < above.length; slice++) {
    levels[strata[slice]] ??= { above: 0, below: 0 };
    levels[strata[slice]].above += above[slice];
    levels[strata[slice]].below += below[slice];
  }
  return levels;
}
