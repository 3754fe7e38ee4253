import { MAX_PERSISTENCE } from '../../agent/baseline/measured-pair.ts';
import type { Recording } from '../../agent/baseline/recording.ts';
import type { Estimate } from '../../agent/baseline/statistics/estimate.ts';
import { estimateQuantile } from '../../agent/baseline/statistics/quantile-estimate.ts';
import { boundRatio } from '../../agent/baseline/statistics/ratio-interval.ts';
import { wholeSample } from '../../agent/baseline/statistics/sample.ts';
import { createRandom } from '../distributions.ts';
import { estimateByBlocks } from './block-halving.ts';
import { type Cell, sideOf } from './cell.ts';
import { record } from './traffic.ts';

/** Three ways to the uncertainty of one side's p-quantile. */
export const METHODS: Readonly<Record<string, (side: Recording, p: number) => Estimate | undefined>> = {
  independent: (side, p) => estimateByBlocks(side, p, true),
  'blocks, halved': (side, p) => estimateByBlocks(side, p),
  'slow cosines': (side, p) => {
    const estimate = estimateQuantile(wholeSample(side.slices), (slice) => slice.latency, p);
    return estimate && estimate.persistence <= MAX_PERSISTENCE ? estimate : undefined;
  },
};

interface MethodRates {
  /** Shares of all pairs: bounds that exclude the true ratio, and no bounds at all. */
  readonly wrong: number;
  readonly none: number;
  /** Mean half-width of the bounds, as a logarithm; unbounded ones apart. */
  readonly halfWidth: number;
}

/** How often the bounds of a quantile's ratio miss the truth, by one method. */
export function rateMethod(
  method: string,
  cell: Cell,
  { p, pairs, seed }: { p: number; pairs: number; seed: number },
) {
  const random = createRandom(seed);
  const estimate = METHODS[method];
  const widths: number[] = [];
  let [wrong, none] = [0, 0];
  for (let pair = 0; pair < pairs; pair++) {
    const baseline = estimate(record(sideOf(cell, 'baseline', random), random), p);
    const candidate = estimate(record(sideOf(cell, 'candidate', random), random), p);
    if (!baseline || !candidate) {
      none++;
      continue;
    }
    const { low, high } = boundRatio(baseline, candidate, 0.95);
    if (low > cell.ratio || high < cell.ratio) wrong++;
    if (low > 0 && high < Infinity) widths.push(Math.log(high / low) / 2);
  }
  const halfWidth = widths.reduce((sum, width) => sum + width, 0) / widths.length;
  return { wrong: wrong / pairs, none: none / pairs, halfWidth } satisfies MethodRates;
}
