/**
 * How many cosines the variance is estimated with: its degrees of freedom. Few: each must be slower than the memory of
 * the series. docs/decisions/0012 has what was measured.
 */
const COSINES = 8;
const SLICES_PER_COSINE = 4;

/** One number a slice: `above` is summed up, and divided by the sum of `below`. Arrays of one length. */
export interface SlicePairs {
  readonly above: Float64Array;
  readonly below: Float64Array;
  readonly strata: Int32Array;
  readonly weights: Float64Array;
}

export interface RatioOfSums {
  /** Σ weight · above / Σ weight · below. */
  readonly value: number;
  readonly standardError: number;
  /** Of freedom, for Student's distribution. */
  readonly degrees: number;
}

/**
 * A ratio of sums over slices that depend on their neighbours. Every figure of a comparison is one: a mean (sum of
 * durations by requests), a share (values below a limit by requests), a rate (requests by seconds), energy a request.
 * The levels of load are not chance: the residuals are those within them. NaN where `below` sums to 0.
 */
export function ratioOfSums(pairs: SlicePairs): RatioOfSums {
  const { weights, strata, above, below } = pairs;
  const levels = new Map<number, { above: number; below: number }>();
  let sumAbove = 0;
  let sumBelow = 0;
  for (let slice = 0; slice < above.length; slice++) {
    const level = levels.get(strata[slice]) ?? { above: 0, below: 0 };
    level.above += above[slice];
    level.below += below[slice];
    levels.set(strata[slice], level);
    sumAbove += weights[slice] * above[slice];
    sumBelow += weights[slice] * below[slice];
  }
  const residuals = above.map((value, slice) => {
    const level = levels.get(strata[slice]);
    if (level === undefined || level.below === 0) return 0;
    return weights[slice] * (value - (level.above / level.below) * below[slice]);
  });
  const degrees = cosinesFor(above.length);
  const standardError = Math.sqrt(varianceOfSum(residuals, degrees)) / sumBelow;
  return { value: sumAbove / sumBelow, standardError, degrees };
}

function cosinesFor(slices: number): number {
  return Math.max(1, Math.min(COSINES, Math.floor(slices / SLICES_PER_COSINE)));
}

/**
 * Variance of the sum of a series whose mean is 0, whatever its autocorrelation, as long as its memory is short beside
 * its length: the mean power of its slowest cosines (Lazarus, Lewis, Stock, Watson: HAR Inference, 2018, "EWC").
 */
function varianceOfSum(residuals: Float64Array, cosines: number): number {
  const step = Math.PI / residuals.length;
  let power = 0;
  for (let cosine = 1; cosine <= cosines; cosine++) {
    let projection = 0;
    for (let slice = 0; slice < residuals.length; slice++) {
      projection += residuals[slice] * Math.cos(step * cosine * (slice + 0.5));
    }
    power += projection * projection;
  }
  return (2 * power) / cosines;
}
