import type { MetricComparison, Verdict } from './comparison.ts';
import type { Estimate } from './statistics/estimate.ts';
import { boundRatio, type RatioBounds } from './statistics/ratio-interval.ts';

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
export const MAX_PERSISTENCE = 8;

/** The row of a pair: figures, ratio, and, where nothing stands against it, bounds and what they say. */
export function judgePair(pair: MeasuredPair, confidence: number): MetricComparison {
  const { metric, phase, unit, baseline, candidate } = pair;
  const ratio = ratioOf(pair);
  const figures = {
    metric,
    ...(phase !== undefined && { phase }),
    unit,
    ...(baseline && { baseline: baseline.value }),
    ...(candidate && { candidate: candidate.value }),
    ...(ratio !== undefined && { ratio }),
  };
  const found = findBounds(pair, confidence);
  if ('reason' in found) return { ...figures, ...found };
  const { low, high } = found;
  const bounds = { ...(low > 0 && { low }), ...(high < Infinity && { high }) };
  const direction = excluded(pair, found);
  if (direction) return { ...figures, ...bounds, verdict: direction };
  if (low > 0 && high < Infinity) return { ...figures, ...bounds, verdict: 'no_difference_shown' };
  return { ...figures, ...bounds, verdict: 'too_few_requests', reason: 'too few requests beyond it' };
}

/** What the bounds say; undefined where they hold 1, or there are none. */
export function directionOf(pair: MeasuredPair, confidence: number): 'faster' | 'slower' | undefined {
  const found = findBounds(pair, confidence);
  return 'reason' in found ? undefined : excluded(pair, found);
}

function excluded({ better }: MeasuredPair, { low, high }: RatioBounds): 'faster' | 'slower' | undefined {
  if (low <= 1 && high >= 1) return undefined;
  return high < 1 === (better === 'lower') ? 'faster' : 'slower';
}

function findBounds(pair: MeasuredPair, confidence: number): RatioBounds | Shortfall {
  const { baseline, candidate, shortfall } = pair;
  if (shortfall) return shortfall;
  if (!baseline || !candidate) {
    const lacking = baseline ? 'the candidate lacks it' : 'the baseline lacks it';
    return { verdict: 'not_comparable', reason: baseline || candidate ? lacking : 'both sides lack it' };
  }
  if (ratioOf(pair) === undefined) {
    return { verdict: 'not_comparable', reason: 'a ratio to 0 says nothing' };
  }
  if (Math.max(baseline.persistence, candidate.persistence) > MAX_PERSISTENCE) {
    return {
      verdict: 'too_few_requests',
      reason: 'too few independent blocks: it drifts; leave out the warm-up, or record longer',
    };
  }
  return boundRatio(baseline, candidate, confidence);
}

/** Above 0 and finite, or undefined. */
function ratioOf({ baseline, candidate }: MeasuredPair): number | undefined {
  const ratio = baseline && candidate ? candidate.value / baseline.value : 0;
  return ratio > 0 && Number.isFinite(ratio) ? ratio : undefined;
}
