import type { Component } from './component.ts';

/**
 * A batch of points as the outbox keeps it: line protocol, one line a point ending in `\n`, timestamps in
 * milliseconds, gzipped. At most 5,000 lines. Neutral text on purpose: what goes to InfluxDB needs no second
 * encoding, and `decodeLine` (core/line-decoder) gives other exporters the point back.
 */
export interface PointBatch {
  /** Number of lines. */
  readonly points: number;
  readonly gzip: Uint8Array;
}

/** How the other side answered. Expected failures are values; only a bug throws. */
export type ExportOutcome =
  | { readonly kind: 'accepted' }
  /** Written but for `rejected` points (undefined: the server does not say how many). Not to be repeated. */
  | { readonly kind: 'partial'; readonly rejected: number | undefined; readonly reason: string }
  /** Try the same batch again, not before `afterMs` if the server named a time. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Credentials or target are wrong: keep everything, tell the user, look again later. */
  | { readonly kind: 'hold'; readonly reason: string }
  /** The body is too large: send halves. */
  | { readonly kind: 'too_large'; readonly reason: string }
  /** At least one line is bad and nothing was written: find it by halving. */
  | { readonly kind: 'rejected'; readonly reason: string };

/** Encodes and sends, nothing else: queue, retry, splitting and counting live in agent/delivery. */
export interface Exporter extends Component {
  /**
   * Whether batches wait in the outbox until this exporter took them. One that is not durable gets each batch
   * once, right after the flush that made it.
   */
  readonly durable: boolean;
  /** One request. Resolves `retry` when `signal` aborts. Called again only after it resolved. */
  export(batch: PointBatch, signal: AbortSignal): Promise<ExportOutcome>;
}

/** Whether an exporter could write now, and to where, or why not: one sentence for the user, never a secret. */
export interface CheckResult {
  readonly ok: boolean;
  readonly message: string;
}

/** An exporter that can be tried without writing anything, for `infermeter check`. */
export interface CheckableExporter extends Exporter {
  /** Tries once, started but idle. Creates nothing on the other side. */
  check(signal: AbortSignal): Promise<CheckResult>;
}
