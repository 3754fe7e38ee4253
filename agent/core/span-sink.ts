import type { SeriesTags } from './series-tags.ts';

/** What a sender says of a request's end. `unspecified` counts as a success, but gives no error ratio. */
export const SpanStatus = { unspecified: 0, ok: 1, error: 2 } as const;
export type SpanStatus = (typeof SpanStatus)[keyof typeof SpanStatus];

/** Id of the one series that gathers those beyond the bound (`OVERFLOW_MODEL`); never freed. */
export const OVERFLOW_SERIES = 0;
/** In `SpanColumns.series`: this span was refused and is not to be recorded. */
export const NO_SERIES = -1;
/** In `SpanColumns.gpu`: nobody said where the request ran, or the sink knows too many GPUs already. */
export const NO_GPU = -1;

/**
 * The spans of one message, a column for each property, element i for span i; validated, and reused for the
 * next message: a sink copies what it keeps. All arrays are at least `count` long.
 */
export interface SpanColumns {
  readonly count: number;
  /** They come from a source that gathers spans for some seconds before it sends them. Absent: they do not. */
  readonly isBatched?: boolean;
  /** From `SpanSink.openSeries`, or `NO_SERIES`. */
  readonly series: Int32Array;
  /** From `SpanSink.openGpu`, or `NO_GPU`. Spans of one series may have run on different GPUs. */
  readonly gpu: Int32Array;
  /** Completion, Unix ms; not older than the lateness, at most 5 s ahead. */
  readonly endMs: Float64Array;
  /** Integer, 0 … 2^53. */
  readonly durationNs: Float64Array;
  /** A `SpanStatus`. */
  readonly status: Uint8Array;
  /** How many requests the span stands for (sampling): ≥ 1, finite. */
  readonly weight: Float64Array;
  /** Items in the request's batch; NaN: unknown. So with tokens. */
  readonly batchSize: Float64Array;
  readonly inputTokens: Float64Array;
  readonly outputTokens: Float64Array;
  /** The phases of span i are elements `phaseStart[i]` … `phaseStart[i + 1] - 1` of the columns below; length count + 1. */
  readonly phaseStart: Int32Array;
  /** From `SpanSink.openPhase`; ttft and tpot are phases too. */
  readonly phase: Int32Array;
  readonly phaseNs: Float64Array;
  /**
   * From the request's start, 0 … `durationNs`; NaN: the phase begins where the one before it ends, the first at 0.
   * A phase may end after the request by what its clock readings are off. Phases that ingest derives (ttft, tpot) come last.
   */
  readonly phaseOffsetNs: Float64Array;
}

/** Where validated spans go: the aggregator. Numbers and ids, not objects, for it is the hot path. */
export interface SpanSink {
  /**
   * The id of a series, opened if new: slow path, callers keep the id as long as `seriesGeneration` stands.
   * Beyond the bound every new series gets `OVERFLOW_SERIES`.
   */
  openSeries(tags: SeriesTags): number;
  /** Changes whenever an id was freed: kept ids are then void. */
  readonly seriesGeneration: number;
  /** The id of a phase name, for good; beyond the bound (64 names) that of the phase `__overflow__`. */
  openPhase(name: string): number;
  /**
   * The id of a place where requests run, for good: a GPU's uuid, or those of several joined by a comma (tensor
   * parallel). Never called with an empty name. Beyond the sink's bound, `NO_GPU`.
   */
  openGpu(names: string): number;
  /** Completions before this time (Unix ms) are final and can no longer be counted: refuse them as too late. */
  readonly oldestMs: number;
  /** Hot. Counts the spans in their slices. `nowMs` is the agent's time at which they were validated. */
  record(spans: SpanColumns, nowMs: number): void;
}
