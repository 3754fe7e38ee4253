import type { Degradation } from './health.ts';
import type { SeriesTags } from './series-tags.ts';

/** Counters since the agent's start; received = accepted + duplicate + Σ ignored + Σ rejected, always. */
export interface SourceCounts {
  /** Where spans came from: `report`, `stream`, `otlp_grpc`, `otlp_http`. */
  readonly source: string;
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  /** Spans that are no requests, by the rule that said so. */
  readonly ignored: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, number>>;
  /** Messages that did not parse. */
  readonly malformed: number;
  /** Spans that clients say they let go themselves. */
  readonly clientDropped: number;
  /** Messages of metrics and logs, which are taken and discarded. */
  readonly discarded: number;
  readonly lastRejection?: { readonly reason: string; readonly detail: string; readonly atMs: number };
}

/**
 * Operators of the profiles that were reported, since the agent's start; received = accepted + duplicate + Σ rejected,
 * always.
 */
export interface OperatorCounts {
  readonly source: 'operator_report';
  /** Profiles that were taken. */
  readonly profiles: number;
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Messages that did not parse. */
  readonly malformed: number;
  readonly lastRejection?: { readonly reason: string; readonly detail: string; readonly atMs: number };
}

/** What was refused or waits before spans are counted. */
export interface IngestStatus {
  /**
   * Calls and requests refused before their spans were looked at, since the start: too_large, overload, too_many_calls,
   * unauthorized, unsupported_type, not_unpacked.
   */
  readonly refused: Readonly<Record<string, number>>;
  /** Memory of gRPC's messages between their first byte and their answer. */
  readonly receivingBytes: number;
  readonly maxReceivingBytes: number;
  /** Requests of OTLP that wait for other spans of their trace. */
  readonly waiting: number;
  /** Requests that had to count before they had waited long enough, because too many waited: some count twice. */
  readonly hurried: number;
}

/** A line that the other side refused for good. */
export interface DeadLetter {
  /** Line protocol, cut to 500 characters. */
  readonly line: string;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly atMs: number;
}

export interface ExporterStatus {
  readonly name: string;
  readonly durable: boolean;
  readonly state: 'idle' | 'ok' | 'retrying' | 'holding';
  /** Why it retries or holds. */
  readonly reason?: string;
  readonly exports: number;
  readonly exportsFailed: number;
  readonly pointsExported: number;
  readonly pointsRejected: number;
  readonly pointsDropped: number;
  readonly waitingPoints: number;
  readonly waitingMs: number;
  /** Duration of the last request. */
  readonly exportMs?: number;
  readonly lastSuccessMs?: number;
  /** The last 20, oldest first. */
  readonly deadLetters?: readonly DeadLetter[];
}

export interface OutboxStatus {
  readonly bytes: number;
  readonly maxBytes: number;
  readonly points: number;
  readonly oldestMs: number;
  /** How much longer of an outage fits at the present rate. Absent without a rate. */
  readonly remainingSeconds?: number;
}

export interface SamplerStatus {
  readonly name: string;
  readonly ok: boolean;
  readonly reason?: string;
  readonly pollMs: number;
  readonly pollsFailed: number;
}

/** A GPU that answers. */
export interface GpuDeviceStatus {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
}

/** What the join of requests and GPUs let go. */
export interface JoinLosses {
  /** Successful requests of which nobody knows on which GPU they ran. */
  readonly homelessRequests: number;
  /** Spans beyond the bound of series and GPUs. */
  readonly refusedSpans: number;
  /** Busy times that began before the slices that still take any. */
  readonly cutIntervals: number;
  /** Slices overwritten because flushes came too late. */
  readonly evictedSlices: number;
}

/** What reads the GPUs, and what it sees. */
export interface GpuStatus {
  /** nvml, nvidia-smi, simulated; none: nothing is read. */
  readonly source: string;
  /** Why it is this source, or why there are no GPU figures. */
  readonly reason: string;
  /** Class of the present failure: not_installed, driver_mismatch, permission, lost, hung, failed. Absent: none. */
  readonly failure?: string;
  /** Those that answered last. */
  readonly devices: readonly GpuDeviceStatus[];
  /** Those that did not. */
  readonly lost: readonly { readonly index: number; readonly uuid?: string; readonly reason: string }[];
  /** UUIDs of the GPUs of the server beside the agent. Absent: not known, so all are published. */
  readonly own?: readonly string[];
  /** How they are known, or why not. */
  readonly ownReason: string;
  /** What the GPUs or the driver do not give. */
  readonly notes: readonly string[];
  /** What the join with requests let go, since the start. Absent: nothing is joined. */
  readonly joinLosses?: JoinLosses;
  /** How long the last reading took. Absent before the first. */
  readonly pollMs?: number;
  /** How often the reader's process was started again. */
  readonly restarts: number;
}

export interface WindowStatus {
  readonly series: number;
  readonly maxSeries: number;
  readonly overflowedSpans: number;
  /** Time that nobody watched before this start, if a previous run left its state. */
  readonly unwatchedMs: number;
  readonly flushMs: number;
}

/** What recording series holds, and what it let go. */
export interface RecordingStatus {
  /** Series that are recorded, and at most. */
  readonly followed: number;
  readonly maxFollowed: number;
  /** Open series that are not, the bound being reached. */
  readonly unfollowed: number;
  readonly bytes: number;
  readonly maxBytes: number;
  /** How far back a recording reaches. */
  readonly keepMs: number;
  /** Slices that went for want of room. */
  readonly droppedSlices: number;
  /** Spans that came when their slice was closed; windows may still have counted them. */
  readonly lateSpans: number;
}

export interface BaselineStatus extends RecordingStatus {
  /** Kept, and the size of their documents. */
  readonly baselines: number;
  readonly baselineBytes: number;
  /** Series that are compared with a baseline each interval, and pairs that had to wait for the next. */
  readonly comparisons: number;
  readonly comparisonsWaiting: number;
}

/** One open series, for the pickers of the page. */
export interface SeriesSummary {
  readonly tags: SeriesTags;
  readonly phases: readonly string[];
  /** Unix ms of the last completed request seen. */
  readonly lastSeenMs: number;
}

/**
 * What became of the OTLP exports that are to go on to another endpoint, since the start; those accepted here =
 * forwarded + failed + Σ dropped + waiting.
 */
export interface ForwardStatus {
  readonly endpoint: string;
  readonly protocol: 'grpc' | 'http/protobuf';
  /** Exports that the endpoint took. */
  readonly forwarded: number;
  /** Exports that it refused for good. */
  readonly failed: number;
  /** Exports that were let go here: full, expired, circle (they were here before), json (over gRPC), stopped. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Spans, data points and log records that it did not take of exports that it took. */
  readonly rejectedItems: number;
  /** Requests that must be repeated. */
  readonly retries: number;
  /** Exports that wait or are under way. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly maxBytes: number;
  /** Why the last export did not get through, or not all of it. Absent: it did. */
  readonly reason?: string;
}

/** `/api/v1/status`: everything a user asks first when something looks wrong. */
export interface AgentStatus {
  readonly version: string;
  readonly instance: string;
  readonly host: string;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly intervalMs: number;
  /** Canonical: 10s, 1m, 5m. */
  readonly windows: readonly string[];
  readonly latenessMs: number;
  /** Bound addresses by config key: grpc, socket, otlp_http, http, health. */
  readonly listen: Readonly<Record<string, string>>;
  readonly degraded: readonly Degradation[];
  readonly sources: readonly SourceCounts[];
  readonly operators: OperatorCounts;
  readonly ingest: IngestStatus;
  /** Absent: exports of OTLP end here. */
  readonly forward?: ForwardStatus;
  readonly window: WindowStatus;
  readonly exporters: readonly ExporterStatus[];
  /** Absent where no durable exporter is configured. */
  readonly outbox?: OutboxStatus;
  readonly samplers: readonly SamplerStatus[];
  readonly gpu: GpuStatus;
  readonly baseline: BaselineStatus;
  /** Whether `/api/v1/points` has history. */
  readonly history: boolean;
}
