import type { Point } from './point.ts';

/** Reads something at a steady interval: the host, a GPU, a server's own metrics. */
export interface Sampler {
  readonly name: string;
  /** Time from one reading to the next; asked after each, so that a sampler may wait longer while it fails. */
  readonly intervalMs: number;
  /** Time that a reading may take. Absent: one interval. */
  readonly deadlineMs?: number;
  /**
   * One reading, stamped `nowMs` (Unix ms). Rejects when there is none: a stale value is never published.
   * `signal` aborts at the deadline, and when the agent stops.
   */
  sample(nowMs: number, signal: AbortSignal): Promise<readonly Point[]>;
}
