import type { SeriesTags } from './series-tags.ts';

/** A cumulative histogram since the agent's start: `buckets[i]` counts values ≤ `boundsSeconds[i]`. */
export interface HistogramTotals {
  readonly buckets: readonly number[];
  readonly sumSeconds: number;
  readonly count: number;
}

/** Counters of one series since it was opened; they only grow. */
export interface SeriesTotals {
  readonly tags: SeriesTags;
  /** Requests seen, failures included. */
  readonly requests: number;
  readonly errors: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Successful requests. */
  readonly latency: HistogramTotals;
  readonly phases: Readonly<Record<string, HistogramTotals>>;
}

/** The windows' source data as monotonic counters, for pull-based stores. */
export interface TotalsReader {
  /**
   * Every open series, each read when it is asked for, so that the reader may let other work run in between. Bounds are
   * ascending, in seconds, without +Inf.
   */
  readTotals(boundsSeconds: readonly number[]): Iterable<SeriesTotals>;
}
