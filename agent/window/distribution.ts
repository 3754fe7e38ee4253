import { type DenseBins, QUANTILES } from './dense-bins.ts';
import type { TrackSummary } from './slice.ts';

/** Requests that a quantile needs: below, it would be the maximum under another name. */
const MIN_COUNT_P99 = 100;
const MIN_COUNT_P999 = 1000;

/** What is said of one distribution, in seconds; a quantile that has too few values is absent. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly stddev: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number | undefined;
  readonly p999: number | undefined;
}

const quantilesNs = new Float64Array(QUANTILES.length);

/** `bins` has `summary.count` values, at least one. */
export function describeDistribution(summary: TrackSummary, bins: DenseBins): Distribution {
  const { count, minNs, maxNs } = summary;
  const meanNs = summary.sumNs / count;
  const squares = bins.summarize(count, meanNs, quantilesNs);
  const quantile = (index: number): number => Math.min(maxNs, Math.max(minNs, quantilesNs[index])) / 1e9;
  return {
    count,
    mean: meanNs / 1e9,
    min: minNs / 1e9,
    max: maxNs / 1e9,
    stddev: Math.sqrt(squares / count) / 1e9,
    p50: quantile(0),
    p90: quantile(1),
    p95: quantile(2),
    p99: count >= MIN_COUNT_P99 ? quantile(3) : undefined,
    p999: count >= MIN_COUNT_P999 ? quantile(4) : undefined,
  };
}
