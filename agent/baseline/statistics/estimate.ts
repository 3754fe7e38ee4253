/** One figure of one side, 0 or more, with its uncertainty. */
export interface Estimate {
  readonly value: number;
  /** Of freedom, for Student's distribution. */
  readonly degrees: number;
  /** How much slower than `bounds` can tell the figure varies over time; about 1 where it does not. */
  readonly persistence: number;
  /** How far its values in parts of the recording lie apart, as a logarithm; Infinity where a part has none. */
  readonly drift: number;
  /** Largest error that bins and rounding can add, as a ratio less 1; 0 where the figure is exact. */
  readonly rounding: number;
  /** Lower and upper bound at `t` standard errors; 0 or Infinity where the data set none. */
  bounds(t: number): readonly [low: number, high: number];
}

/** The same figure in another unit. */
export function scaleEstimate(estimate: Estimate, factor: number): Estimate {
  return {
    ...estimate,
    value: estimate.value * factor,
    bounds: (t) => {
      const [low, high] = estimate.bounds(t);
      return [low * factor, high * factor];
    },
  };
}
