/**
 * The JSON that the agent's HTTP interface answers with, as far as the page reads it. The server's routes are
 * typed with these, so that page and agent cannot drift apart.
 */

/** One point. */
export interface PointRow {
  readonly measurement: string;
  /** Unix milliseconds; of a window, its end. */
  readonly time: number;
  readonly tags: Readonly<Record<string, string>>;
  /** What is unknown is absent. */
  readonly fields: Readonly<Record<string, number | string | boolean>>;
}

/** `/api/v1/points` */
export interface PointsAnswer {
  /** `store`: the local history; `memory`: the last minutes that the agent keeps by itself. */
  readonly source: 'store' | 'memory';
  /** There were more rows than the limit; the newest are here. */
  readonly truncated: boolean;
  /** Ascending in time. */
  readonly rows: readonly PointRow[];
}

/** One message of `/api/v1/stream`. */
export interface StreamMessage {
  readonly points: readonly PointRow[];
}

/** The tags of a series of requests; an empty string is "not said". */
export interface SeriesIdentity {
  readonly model: string;
  readonly variant: string;
  readonly version: string;
  readonly operation: string;
  readonly server: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** `/api/v1/series` */
export interface SeriesAnswer {
  readonly series: readonly {
    readonly tags: SeriesIdentity;
    readonly phases: readonly string[];
    readonly lastSeenMs: number;
  }[];
}

export interface DegradationAnswer {
  readonly component: string;
  readonly reason: string;
  readonly sinceMs: number;
}

export interface SourceAnswer {
  readonly source: string;
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  /** Spans that are no requests, by rule. */
  readonly ignored: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, number>>;
  readonly malformed: number;
  readonly clientDropped: number;
  /** Messages of metrics and logs. */
  readonly discarded: number;
  readonly lastRejection?: { readonly reason: string; readonly detail: string; readonly atMs: number };
}

export interface IngestAnswer {
  /** Messages refused before their spans were looked at, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Requests that wait for other spans of their trace. */
  readonly waiting: number;
  /** Requests that had to count sooner. */
  readonly hurried: number;
}

export interface ExporterAnswer {
  readonly name: string;
  readonly state: 'idle' | 'ok' | 'retrying' | 'holding';
  readonly reason?: string;
  readonly pointsExported: number;
  readonly pointsRejected: number;
  readonly pointsDropped: number;
  readonly waitingPoints: number;
  readonly waitingMs: number;
}

export interface OutboxAnswer {
  readonly bytes: number;
  readonly maxBytes: number;
  readonly points: number;
  readonly oldestMs: number;
  readonly remainingSeconds?: number;
}

export interface GpuAnswer {
  /** nvml, nvidia-smi, simulated; none: nothing is read. */
  readonly source: string;
  readonly reason: string;
  readonly failure?: string;
  readonly devices: readonly { readonly index: number; readonly uuid: string; readonly name: string }[];
  readonly lost: readonly { readonly index: number; readonly reason: string }[];
  /** UUIDs of the GPUs of the server beside the agent, where known. */
  readonly own?: readonly string[];
  /** How they are known, or why requests and GPUs are not joined. */
  readonly ownReason: string;
  readonly notes: readonly string[];
}

/** Server-sent events since the start. */
export interface StreamCounts {
  readonly clients: number;
  /** Ended by the agent because they read too slowly. */
  readonly dropped: number;
  /** Turned away because there were too many. */
  readonly refused: number;
}

/** `/api/v1/status` */
export interface StatusAnswer {
  readonly version: string;
  readonly instance: string;
  readonly host: string;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly intervalMs: number;
  readonly windows: readonly string[];
  readonly latenessMs: number;
  readonly listen: Readonly<Record<string, string>>;
  readonly degraded: readonly DegradationAnswer[];
  readonly sources: readonly SourceAnswer[];
  readonly ingest?: IngestAnswer;
  readonly window: {
    readonly series: number;
    readonly maxSeries: number;
    readonly overflowedSpans: number;
    readonly unwatchedMs: number;
    readonly flushMs: number;
  };
  readonly exporters: readonly ExporterAnswer[];
  readonly outbox?: OutboxAnswer;
  readonly samplers: readonly { readonly name: string; readonly ok: boolean; readonly reason?: string }[];
  readonly gpu: GpuAnswer;
  readonly baseline: {
    readonly followed: number;
    readonly maxFollowed: number;
    readonly unfollowed: number;
    readonly bytes: number;
    readonly droppedSlices: number;
    readonly lateSpans: number;
    readonly baselines: number;
  };
  readonly history: boolean;
  readonly streams: StreamCounts;
}

/** A baseline without what it holds. */
export interface BaselineAnswer {
  readonly name: string;
  readonly series: SeriesIdentity;
  readonly fromMs: number;
  readonly slices: number;
  readonly sliceMs: number;
  readonly requests: number;
  readonly savedMs: number;
}

/** `/api/v1/baselines` */
export interface BaselinesAnswer {
  readonly baselines: readonly BaselineAnswer[];
}

export interface ComparedSideAnswer {
  readonly series: SeriesIdentity;
  readonly watchedMs: number;
  readonly requests: number;
  readonly requestRate: number;
  readonly errorRatio?: number;
}

/** One figure of both sides; `low` and `high` bound `ratio`. */
export interface ComparedFigureAnswer {
  readonly metric: string;
  readonly phase?: string;
  readonly unit: string;
  readonly baseline?: number;
  readonly candidate?: number;
  readonly ratio?: number;
  readonly low?: number;
  readonly high?: number;
  readonly verdict: VerdictAnswer;
  readonly reason?: string;
}

export type VerdictAnswer =
  | 'faster'
  | 'slower'
  | 'mixed'
  | 'no_difference_shown'
  | 'too_few_requests'
  | 'not_comparable'
  | 'unsafe';

/** Columns of equal width on a logarithmic axis: share of the requests in each. */
export interface DensitiesAnswer {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
}

/** `/api/v1/compare` */
export interface CompareAnswer {
  readonly comparison: {
    readonly baseline: ComparedSideAnswer;
    readonly candidate: ComparedSideAnswer;
    readonly confidence: number;
    readonly metrics: readonly ComparedFigureAnswer[];
    readonly verdict: VerdictAnswer;
    readonly reason: string;
  };
  readonly densities?: DensitiesAnswer;
}

/** Every answer that is not a success. */
export interface ErrorAnswer {
  /** Stable, for programs. */
  readonly error: string;
  /** One sentence, for people. */
  readonly message: string;
  /** The query parameter at fault. */
  readonly parameter?: string;
}
