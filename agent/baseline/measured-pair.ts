import type { MetricComparison, Verdict } from './comparison.ts';
import type { Estimate } from './statistics/estimate.ts';
import { boundRatio } from './statistics/ratio-interval.ts';

/** Why a pair of figures gets no verdict of its own. */
export interface Shortfall {
  readonly verdict: Exclude<Verdict, 'faster' | 'slower' | 'mixed'>;
  readonly reason: string;
}

/** One figure of both sides, before it's judged; a side without the figure has no estimate. */
export interface MeasuredPair {
  readonly metric: string;
  readonly phase?: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly baseline?: Estimate;
  readonly candidate?: Estimate;
  readonly shortfall?: Shortfall;
}

/** The row of a pair: figures, ratio, and, where nothing stands against it, bounds and what they say. */
export function judgePair(pair: MeasuredPair, confidence: number): MetricComparison {
  const { metric, phase, unit, baseline, candidate, shortfall } = pair;
  const figures = {
    metric,
    ...(phase !== undefined && { phase }),
    unit,
    ...(baseline && { baseline: baseline.value }),
    ...(candidate && { candidate: candidate.value }),
  };
  if (!baseline || !candidate) return { ...figures, ...(shortfall ?? missing(pair)) };
  const ratio = candidate.value / baseline.value;
  if (shortfall) return { ...figures, ratio, ...shortfall };
  const { low, high } = boundRatio(baseline, candidate, confidence);
  const bounds = { ...(low > 0 && { low }), ...(high < Infinity && { high }) };
  return { ...figures, ratio, ...bounds, ...verdictOf(pair, low, high) };
}

/** What the bounds say; `undefined` where they hold 1. */
export function directionOf(pair: MeasuredPair, confidence: number): 'faster' | 'slower' | undefined {
  const { baseline, candidate, shortfall } = pair;
  if (!baseline || !candidate || shortfall) return undefined;
  const { low, high } = boundRatio(baseline, candidate, confidence);
  if (high < 1) return pair.better === 'lower' ? 'faster' : 'slower';
  if (low > 1) return pair.better === 'lower' ? 'slower' : 'faster';
  return undefined;
}

function verdictOf(
  pair: MeasuredPair,
  low: number,
  high: number,
): Pick<MetricComparison, 'verdict' | 'reason'> {
  if (high < 1) return { verdict: pair.better === 'lower' ? 'faster' : 'slower' };
  if (low > 1) return { verdict: pair.better === 'lower' ? 'slower' : 'faster' };
  if (low === 0 && high === Infinity) return { verdict: 'too_few_requests', reason: 'too few to bound it' };
  return { verdict: 'no_difference_shown' };
}

function missing({ baseline, candidate }: MeasuredPair): Shortfall {
  const without =
    !baseline && !candidate ? 'both sides lack it' : `the ${baseline ? 'candidate' : 'baseline'} lacks it`;
  return { verdict: 'not_comparable', reason: without };
}
