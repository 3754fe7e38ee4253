import type { MetricComparison, Verdict } from './comparison.ts';
import { percent } from './figure-text.ts';
import { boundDrift } from './statistics/drift.ts';
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

/** A figure that varies this much more slowly than chance does has too few independent blocks: it drifts. */
export const MAX_PERSISTENCE = 8;
/** A ratio that reaches farther from 1, both ways, for a drift alone says nothing. */
const MAX_DRIFT_BOUND = 1.1;

interface Bounds extends RatioBounds {
  /** What they cover besides chance; a clause for people. */
  readonly covers?: string;
}

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
  const { low, high, covers } = found;
  const bounds = { ...(low > 0 && { low }), ...(high < Infinity && { high }) };
  const direction = excluded(pair, found);
  const reason = covers === undefined ? {} : { reason: covers };
  if (direction) return { ...figures, ...bounds, verdict: direction, ...reason };
  if (low > 0 && high < Infinity) {
    return { ...figures, ...bounds, verdict: 'no_difference_shown', ...reason };
  }
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

function findBounds(pair: MeasuredPair, confidence: number): Bounds | Shortfall {
  const { baseline, candidate, shortfall } = pair;
  if (shortfall) return shortfall;
  if (!baseline || !candidate) {
    const lacking = baseline ? 'the candidate lacks it' : 'the baseline lacks it';
    return { verdict: 'not_comparable', reason: baseline || candidate ? lacking : 'both sides lack it' };
  }
  if (ratioOf(pair) === undefined) {
    return { verdict: 'not_comparable', reason: 'a ratio to 0 says nothing' };
  }
  if (!drifts(baseline) && !drifts(candidate)) return boundRatio(baseline, candidate, confidence);
  return findDriftBounds(baseline, candidate, confidence);
}

/** A drift costs width: only where the effect is larger, or both are small, is there something to say. */
function findDriftBounds(baseline: Estimate, candidate: Estimate, confidence: number): Bounds | Shortfall {
  const [of, by] = [baseline, candidate].map((side) => (drifts(side) ? boundDrift(side) : side));
  const { low, high } = boundRatio(of, by, confidence);
  const isSmall = low > 1 / MAX_DRIFT_BOUND && high < MAX_DRIFT_BOUND;
  if (low <= 1 && high >= 1 && !isSmall) {
    return {
      verdict: 'too_few_requests',
      reason: 'too few independent blocks: it drifts; leave out the warm-up, or record longer',
    };
  }
  const most = Math.max(...[baseline, candidate].filter(drifts).map(({ drift }) => drift));
  return { low, high, covers: `it drifts by ${percent(Math.expm1(most))}, which the bounds cover` };
}

function drifts({ persistence }: Estimate): boolean {
  return persistence > MAX_PERSISTENCE;
}

/** Above 0 and finite, or undefined. */
function ratioOf({ baseline, candidate }: MeasuredPair): number | undefined {
  const ratio = baseline && candidate ? candidate.value / baseline.value : 0;
  return ratio > 0 && Number.isFinite(ratio) ? ratio : undefined;
}
