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

/** A figure that varies this much more slowly than its bounds allow for has too few independent blocks. */
const MAX_PERSISTENCE = 5;

/** The row of a pair: figures, ratio, and, where nothing stands against it, bounds and what they say. */
export function judgePair(pair: MeasuredPair, confidence: number): MetricComparison {
  const { metric, phase, unit, baseline, candidate } = pair;
  const figures = {
    metric,
    ...(phase !== undefined && { phase }),
    unit,
    ...(baseline && { baseline: baseline.value }),
    ...(candidate && { candidate: candidate.value }),
  };
  if (!baseline || !candidate) return { ...figures, ...(pair.shortfall ?? missing(pair)) };
  const ratio = candidate.value / baseline.value;
  const shortfall = shortfallOf(pair);
  if (shortfall) return { ...figures, ratio, ...shortfall };
  const { low, high } = boundRatio(baseline, candidate, confidence);
  const bounds = { ...(low > 0 && { low }), ...(high < Infinity && { high }) };
  const direction = directionOf(pair, confidence);
  if (direction) return { ...figures, ratio, ...bounds, verdict: direction };
  if (low > 0 && high < Infinity) return { ...figures, ratio, ...bounds, verdict: 'no_difference_shown' };
  return { ...figures, ratio, ...bounds, verdict: 'too_few_requests', reason: 'too few requests beyond it' };
}

/** What the bounds say; undefined where they hold 1, or there are none. */
export function directionOf(pair: MeasuredPair, confidence: number): 'faster' | 'slower' | undefined {
  const { baseline, candidate } = pair;
  if (!baseline || !candidate || shortfallOf(pair)) return undefined;
  const { low, high } = boundRatio(baseline, candidate, confidence);
  if (high < 1) return pair.better === 'lower' ? 'faster' : 'slower';
  if (low > 1) return pair.better === 'lower' ? 'slower' : 'faster';
  return undefined;
}

function shortfallOf({ baseline, candidate, shortfall }: MeasuredPair): Shortfall | undefined {
  if (shortfall) return shortfall;
  if (!baseline || !candidate) return undefined;
  const persistence = Math.max(baseline.persistence, candidate.persistence);
  if (persistence <= MAX_PERSISTENCE) return undefined;
  return { verdict: 'too_few_requests', reason: 'too few independent blocks: it drifts; record longer' };
}

function missing({ baseline, candidate }: MeasuredPair): Shortfall {
  const without =
    !baseline && !candidate ? 'both sides lack it' : `the ${baseline ? 'candidate' : 'baseline'} lacks it`;
  return { verdict: 'not_comparable', reason: without };
}
