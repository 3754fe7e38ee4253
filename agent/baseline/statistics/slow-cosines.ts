/**
 * How many cosines the variance is estimated with, and so its degrees of freedom. Few, for each must be slow against the
 * memory of the series; fewer would cost more than they save: docs/decisions/0012 has what was measured.
 */
const SLOW = 6;
/** Their power is held against that of the cosines from there up to this one. */
const FAST = 24;
/** The cosines of short series are fast ones: six windows of a GPU have one that is slow. */
const SLICES_PER_COSINE = 4;

export interface Dependence {
  /** Of the sum of the series. */
  readonly variance: number;
  /** Of freedom, at least 1. */
  readonly degrees: number;
  /** Power of the slow cosines beside that of the faster ones; 1 where there are too few to tell. */
  readonly persistence: number;
}

/**
 * What the dependence of neighbours makes of a series whose mean within each stratum is 0: the variance of its sum is
 * the mean power of its slowest cosines, whatever its autocorrelation, as long as its memory is short beside its length
 * (equally weighted cosines: Lazarus, Lewis, Stock, Watson: HAR Inference: Recommendations for Practice, 2018). Where it
 * isn't, even the slowest have more power than the faster ones.
 */
export function dependenceOf(series: Float64Array, strata: Int32Array): Dependence {
  const slow = Math.max(1, Math.min(SLOW, Math.floor(series.length / SLICES_PER_COSINE)));
  const fast = Math.min(FAST, series.length - 1);
  const below = bandPower(series, strata, { from: 1, to: slow });
  const above = bandPower(series, strata, { from: slow + 1, to: fast });
  return {
    variance: series.length * below.power,
    degrees: Math.max(1, below.degrees * evenness(series, strata)),
    persistence: fast === FAST && above.power > 0 ? below.power / above.power : 1,
  };
}

/**
 * Mean power of the cosines `from` … `to` of a series. What of a cosine is the same throughout a stratum cannot show,
 * because its mean was taken away: only the rest of it counts.
 */
function bandPower(
  series: Float64Array,
  strata: Int32Array,
  { from, to }: { readonly from: number; readonly to: number },
): { power: number; degrees: number } {
  const sizes = new Float64Array(strata.reduce((most, stratum) => Math.max(most, stratum), 0) + 1);
  for (const stratum of strata) sizes[stratum]++;
  const constant = new Float64Array(sizes.length);
  let power = 0;
  let shown = 0;
  for (let frequency = from; frequency <= to; frequency++) {
    const step = (Math.PI * frequency) / series.length;
    const twice = 2 * Math.cos(step);
    let cosine = Math.cos(step / 2);
    let previous = cosine;
    let projection = 0;
    constant.fill(0);
    // cos(θ(t + ½)) by its recurrence: a call of Math.cos for each slice would be most of a comparison's time.
    for (let slice = 0; slice < series.length; slice++) {
      projection += series[slice] * cosine;
      constant[strata[slice]] += cosine;
      const next = twice * cosine - previous;
      previous = cosine;
      cosine = next;
    }
    power += projection ** 2;
    shown += series.length / 2 - hiddenPower(constant, sizes);
  }
  return { power: shown > 0 ? power / shown : 0, degrees: (shown * 2) / series.length };
}

/**
 * What is left of the degrees of freedom where some strata vary more than others and so decide the variance alone
 * (Satterthwaite); 1 where all vary alike.
 */
function evenness(series: Float64Array, strata: Int32Array): number {
  const powers: number[] = [];
  const sizes: number[] = [];
  for (let slice = 0; slice < series.length; slice++) {
    const stratum = strata[slice];
    powers[stratum] = (powers[stratum] ?? 0) + series[slice] ** 2;
    sizes[stratum] = (sizes[stratum] ?? 0) + 1;
  }
  const total = powers.reduce((sum, power) => sum + power, 0);
  const squares = powers.reduce((sum, power, stratum) => sum + power ** 2 / sizes[stratum], 0);
  return squares > 0 ? total ** 2 / (squares * series.length) : 1;
}

function hiddenPower(constant: Float64Array, sizes: Float64Array): number {
  return constant.reduce(
    (sum, part, stratum) => sum + (sizes[stratum] > 0 ? part ** 2 / sizes[stratum] : 0),
    0,
  );
}
