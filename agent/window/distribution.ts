import { RowSummary } from './row-summary.ts';
import type { SketchStore } from './sketch-store.ts';
import type { TrackSummary } from './slice.ts';

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

const bins = new RowSummary();

/** The row has `summary.count` values, at least one. */
export function describeDistribution(summary: TrackSummary, store: SketchStore, row: number): Distribution {
  const { count, minNs, maxNs } = summary;
  const meanNs = summary.sumNs / count;
  bins.begin(count, meanNs);
  store.summarize(row, bins);
  return {
    count,
    mean: meanNs / 1e9,
    min: minNs / 1e9,
    max: maxNs / 1e9,
    stddev: bins.stddevNs / 1e9,
    p50: quantile(0, summary),
    p90: quantile(1, summary),
    p95: quantile(2, summary),
    p99: tailQuantile(3, summary),
    p999: tailQuantile(4, summary),
  };
}

function quantile(index: number, { minNs, maxNs }: TrackSummary): number {
  return Math.min(maxNs, Math.max(minNs, bins.quantilesNs[index])) / 1e9;
}

function tailQuantile(index: number, summary: TrackSummary): number | undefined {
  return Number.isNaN(bins.quantilesNs[index]) ? undefined : quantile(index, summary);
}
