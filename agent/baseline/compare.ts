import { judgeComparability } from './comparability.ts';
import { describeSide } from './compared-side.ts';
import type { Comparison, MetricComparison } from './comparison.ts';
import { errorsRose } from './error-rise.ts';
import { gpuPairs } from './gpu-pairs.ts';
import { judgePair, type MeasuredPair, type Shortfall } from './measured-pair.ts';
import { conclude } from './overall-verdict.ts';
import { ratePair } from './rate-pair.ts';
import type { Recording } from './recording.ts';
import { latencyPairs, phasePairs } from './request-pairs.ts';

export interface CompareOptions {
  /** Of each row's bounds, and of the verdict over all; default 0.95. */
  readonly confidence?: number;
}

/**
 * Whether a candidate is better than its baseline: ratios with bounds, and a verdict in words. Pure. Too short a
 * recording, another load or other work never yield a verdict; more errors yield `unsafe`.
 */
export function compareRecordings(
  baseline: Recording,
  candidate: Recording,
  { confidence = 0.95 }: CompareOptions = {},
): Comparison {
  const sides = { baseline: describeSide(baseline), candidate: describeSide(candidate) };
  const { compared, load, shortfall, shortfallOfWholes } = judgeComparability(baseline, candidate, sides);
  const latency = withhold(latencyPairs(compared), shortfall);
  const pairs = [
    ...latency,
    ...withhold([ratePair(baseline, candidate, confidence)], shortfall),
    ...withhold(gpuPairs(baseline.gpu, candidate.gpu), shortfallOfWholes),
    ...withhold(phasePairs(compared), shortfall),
  ];
  const rose = errorsRose(baseline.slices, candidate.slices, confidence);
  const rows = pairs.map((pair) => judgePair(pair, confidence));
  return {
    ...sides,
    confidence,
    metrics: rose ? rows.map(withoutPraise) : rows,
    ...conclude({ ...sides, latency, confidence, load, shortfall, errorsRose: rose }),
  };
}

function withhold(pairs: readonly MeasuredPair[], shortfall: Shortfall | undefined): readonly MeasuredPair[] {
  return shortfall ? pairs.map((pair) => ({ ...pair, shortfall })) : pairs;
}

function withoutPraise(row: MetricComparison): MetricComparison {
  return row.verdict === 'faster' ? { ...row, verdict: 'unsafe', reason: 'the error ratio rose' } : row;
}
