import type { SeriesTags } from '../core/series-tags.ts';

/**
 * `too_few_requests`: too few, or too few independent blocks; `not_comparable`: the load, the work or the sources
 * differ; `unsafe`: the error ratio rose; `mixed`, over all only: some figures of latency fell, others rose. For
 * `faster` and `slower` read `better` and `worse` where no time is meant.
 */
export type Verdict =
  | 'faster'
  | 'slower'
  | 'mixed'
  | 'no_difference_shown'
  | 'too_few_requests'
  | 'not_comparable'
  | 'unsafe';

/** One figure of both sides. `low` and `high` bound `ratio` = candidate / baseline; absent: the data set no bound. */
export interface MetricComparison {
  /**
   * `latency_mean`, `latency_p50`, `latency_p95`, `latency_p99`, `request_rate`, `memory`, `energy_per_request`,
   * `output_tokens_per_joule`, or `phase_mean`, `phase_p50`, `phase_p95` with `phase`.
   */
  readonly metric: string;
  readonly phase?: string;
  /** Of the two figures: `s`, `1/s`, `By`, `J`, `1/J`. */
  readonly unit: string;
  readonly baseline?: number;
  readonly candidate?: number;
  readonly ratio?: number;
  readonly low?: number;
  readonly high?: number;
  readonly verdict: Verdict;
  /** Why there is no ratio, no interval, or no verdict, or what the interval covers besides chance; for people. */
  readonly reason?: string;
}

/** One side as a whole. */
export interface ComparedSide {
  readonly series: SeriesTags;
  readonly fromMs: number;
  readonly toMs: number;
  /** Time watched. */
  readonly watchedMs: number;
  readonly requests: number;
  readonly errors: number;
  /** Absent where no sender states a status. */
  readonly errorRatio?: number;
  readonly requestRate: number;
  readonly concurrencyMean: number;
}

/** What was found out about a candidate beside its baseline. */
export interface Comparison {
  readonly baseline: ComparedSide;
  readonly candidate: ComparedSide;
  /** Of the bounds, one row at a time; the verdict over all allows for their number. 0.95 if nobody asked otherwise. */
  readonly confidence: number;
  readonly metrics: readonly MetricComparison[];
  /** Over all: never `faster` unless load and work are alike, errors did not rise, and the intervals say so. */
  readonly verdict: Verdict;
  /** One sentence for people. */
  readonly reason: string;
}
